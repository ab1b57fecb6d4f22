#include "workers/probe/cpu_flags.h"

#include <algorithm>
#include <map>
#include <set>

#include "schema/base/file.h"
#include "schema/base/text.h"

namespace tripled::probe {

// Of the first processor: those of one machine are alike.
static std::set<std::string> listed_flags(std::string_view cpuinfo) {
  for (const auto& line : split(cpuinfo, '\n')) {
    auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    auto key = to_lower(trim(std::string_view(line).substr(0, colon)));
    if (key != "flags" && key != "features") continue;
    auto words = split_words(line.substr(colon + 1));
    return {words.begin(), words.end()};
  }
  return {};
}

std::vector<std::string> missing_cpu_flags(const std::vector<std::string>& required,
                                           std::string_view cpuinfo) {
  auto listed = listed_flags(cpuinfo);
  std::vector<std::string> out;
  for (const auto& flag : required)
    if (!listed.count(replace_all(to_lower(flag), ".", "_"))) out.push_back(flag);
  return out;
}

std::vector<std::string> target_features(const std::string& cfg) {
  constexpr std::string_view before = "target_feature=\"";
  std::vector<std::string> out;
  for (const auto& line : split(cfg, '\n'))
    if (line.starts_with(before) && line.ends_with("\""))
      out.push_back(line.substr(before.size(), line.size() - before.size() - 1));
  return out;
}

std::vector<std::string> kernel_flags(const std::vector<std::string>& features) {
  // The kernel's names: arch/x86/include/asm/cpufeatures.h and Documentation/arch/arm64/elf_hwcaps.rst of
  // Linux; rustc's: the reference, "target_feature".
  static const std::map<std::string, std::string> other_names = {{"sse3", "pni"},
                                                                 {"cmpxchg16b", "cx16"},
                                                                 {"lzcnt", "abm"},
                                                                 {"lahfsahf", "lahf_lm"},
                                                                 {"sha", "sha_ni"},
                                                                 {"avxvnni", "avx_vnni"},
                                                                 {"avx512bf16", "avx512_bf16"},
                                                                 {"avx512bitalg", "avx512_bitalg"},
                                                                 {"avx512fp16", "avx512_fp16"},
                                                                 {"avx512vbmi2", "avx512_vbmi2"},
                                                                 {"avx512vnni", "avx512_vnni"},
                                                                 {"avx512vpopcntdq", "avx512_vpopcntdq"},
                                                                 {"neon", "asimd"},
                                                                 {"lse", "atomics"},
                                                                 {"crc", "crc32"},
                                                                 {"dotprod", "asimddp"},
                                                                 {"fhm", "asimdfhm"},
                                                                 {"fp16", "asimdhp"},
                                                                 {"rdm", "asimdrdm"},
                                                                 {"rcpc", "lrcpc"},
                                                                 {"jsconv", "jscvt"},
                                                                 {"dpb", "dcpop"}};
  // Without rdrand and rdseed: no compiler uses them by itself, and kernels hide those that are unsound.
  static const std::set<std::string> same_names = {
      "adx",        "aes",        "avx",      "avx2", "avx512bw", "avx512cd", "avx512dq",   "avx512f",
      "avx512ifma", "avx512vbmi", "avx512vl", "bmi1", "bmi2",     "f16c",     "fma",        "gfni",
      "movbe",      "pclmulqdq",  "popcnt",   "sse",  "sse2",     "sse4.1",   "sse4.2",     "sse4a",
      "ssse3",      "tbm",        "vaes",     "fxsr", "xsave",    "xsavec",   "xsaveopt",   "xsaves",
      "sha2",       "sha3",       "sve",      "sve2", "bf16",     "i8mm",     "vpclmulqdq", "flagm"};
  std::vector<std::string> out;
  for (const auto& feature : features)
    if (auto known = other_names.find(feature); known != other_names.end())
      out.push_back(known->second);
    else if (same_names.count(feature))
      out.push_back(feature);
  return out;
}

std::vector<std::string> cpu_flags() {
  auto text = read_file("/proc/cpuinfo", 64u << 20);
  auto listed = listed_flags(text ? std::string_view(*text) : std::string_view());
  return {listed.begin(), listed.end()};
}

std::vector<std::string> missing_cpu_flags(const std::vector<std::string>& required) {
  if (required.empty()) return {};
  auto text = read_file("/proc/cpuinfo", 64u << 20);
  return missing_cpu_flags(required, text ? std::string_view(*text) : std::string_view());
}

}  // namespace tripled::probe
