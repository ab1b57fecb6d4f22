#include "workers/probe/cpu_flags.h"

#include <algorithm>
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
