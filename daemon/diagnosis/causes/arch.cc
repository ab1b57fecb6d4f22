// Code for another architecture (intrinsics, asm!, ABIs, CPU features), atomics that the triple lacks, crate
// types and panic strategies that it cannot have.
#include <algorithm>
#include <array>

#include "daemon/diagnosis/causes/cfg.h"
#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/rules.h"
#include "daemon/diagnosis/causes/rust_source.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

bool is_std(std::string_view crate) { return crate == "std" || crate == "core" || crate == "alloc"; }

// The `use` or path as the source has it: an error names a segment of it alone.
std::string source_path(const Case& of) {
  auto path = missing_path(of.error);
  auto line = source_line(of, of.error.file, of.error.line);
  return path + "\n" + line;
}

// Modules of core::arch, each of one target_arch (or of two that share it).
struct ArchModule {
  std::string_view name, arch;
};
constexpr std::array<ArchModule, 17> kArchModules{ArchModule{"x86_64", "x86_64"},
                                                  ArchModule{"x86", "x86"},
                                                  ArchModule{"aarch64", "aarch64"},
                                                  ArchModule{"arm", "arm"},
                                                  ArchModule{"riscv64", "riscv64"},
                                                  ArchModule{"riscv32", "riscv32"},
                                                  ArchModule{"powerpc64", "powerpc64"},
                                                  ArchModule{"powerpc", "powerpc"},
                                                  ArchModule{"s390x", "s390x"},
                                                  ArchModule{"mips64", "mips64"},
                                                  ArchModule{"mips", "mips"},
                                                  ArchModule{"wasm32", "wasm32"},
                                                  ArchModule{"wasm64", "wasm64"},
                                                  ArchModule{"loongarch64", "loongarch64"},
                                                  ArchModule{"loongarch32", "loongarch32"},
                                                  ArchModule{"nvptx", "nvptx64"},
                                                  ArchModule{"hexagon", "hexagon"}};

std::optional<Diagnosis> intrinsics(const Case& of) {
  if (!of.is_one_of({"E0432", "E0433", "E0425", "E0412"})) return std::nullopt;
  auto here = of.evidence.cfg_value("target_arch");
  if (here.empty()) return std::nullopt;
  auto text = words_of(of.error);
  for (const auto& span : of.error.spans)
    if (span.primary) text += "\n" + span.label;
  auto path = missing_path(of.error);
  for (const auto& module : kArchModules) {
    if (module.arch == here) continue;
    // could not find `x86_64` in `arch`; unresolved import `core::arch::x86_64`
    bool said = contains(text, "`" + std::string(module.name) + "` in `arch`") ||
                path.ends_with("arch::" + std::string(module.name)) ||
                contains(path, "::arch::" + std::string(module.name) + "::");
    if (!said) continue;
    auto segments = path_segments(path);
    if (!segments.empty() && segments.size() > 1 && !is_std(segments.front()) && segments.front() != "arch")
      return std::nullopt;
    auto out = found(of, Cause::foreign_arch_code, Confidence::certain);
    out.subject = "core::arch::" + std::string(module.name);
    out.cfg = "target_arch = \"" + std::string(module.arch) + "\"";
    out.title = "intrinsics of " + std::string(module.arch) + " are used on " + here;
    out.mends.push_back(gate_use(of.error, out.cfg));
    if (of.failure.foreign())
      for (auto& m : around_dependency(of.evidence, *of.failure.about, out.cfg))
        out.mends.push_back(std::move(m));
    return out;
  }
  return std::nullopt;
}

bool has_asm(const Case& of) {
  auto text = of.error.rendered + source_line(of, of.error.file, of.error.line);
  return contains_any(text, {"asm!", "naked_asm", "<inline asm>"});
}

// Written for this very architecture: then it is a slip, or too new for this rustc, and not foreign.
bool is_meant_for_here(const Case& of) {
  auto here = "target_arch = \"" + of.evidence.cfg_value("target_arch") + "\"";
  for (const auto& gate : of.sources.gates(of.error.file, of.error.line, of.error.column))
    if (contains(normal_cfg(gate.predicate), here) && !contains(gate.predicate, "not(")) return true;
  return false;
}

// Registers and instructions of another machine. No codes: rustc has none for them.
std::optional<Diagnosis> assembler(const Case& of) {
  bool inlined = std::any_of(of.error.spans.begin(), of.error.spans.end(), [](const Span& span) {
    return span.file.starts_with("<inline asm>") || contains(span.label, "instantiated into assembly here");
  });
  bool words = of.error.code.empty() && of.in_source() && has_asm(of) &&
               contains_any(of.error.message,
                            {"invalid register", "register class", "cannot be used with this register",
                             "invalid `options`", "unknown register", "is reserved on this target",
                             "requires the `", "not supported on this target", "global_asm! is not supported",
                             "inline assembly is unsupported"});
  bool unsupported = of.error.code == "E0472";  // inline assembly is unsupported on this target
  if ((!inlined && !words && !unsupported) || is_meant_for_here(of)) return std::nullopt;
  auto out = found(of, Cause::foreign_arch_code,
                   contains(of.error.message, "cannot be used with this register") ? Confidence::likely
                                                                                   : Confidence::certain);
  auto here = of.evidence.cfg_value("target_arch");
  out.subject = "asm!";
  if (auto name = quoted(of.error.message); !name.empty() && !inlined) out.subject = "asm! " + name;
  out.title =
      "asm! for another architecture is compiled for " + (here.empty() ? of.evidence.cell.triple : here);
  out.mends.push_back(gate_use(of.error, "target_arch = \"…\""));
  if (of.failure.foreign())
    for (auto& m : around_dependency(of.evidence, *of.failure.about, "")) out.mends.push_back(std::move(m));
  return out;
}

std::optional<Diagnosis> abi_or_feature(const Case& of) {
  bool abi = of.error.code == "E0570";
  bool feature = contains(of.error.message, "is not valid for this target") &&
                 contains_any(of.error.message, {"the feature named", "target feature"});
  if ((!abi && !feature) || is_meant_for_here(of)) return std::nullopt;
  auto out = found(of, Cause::foreign_arch_code, Confidence::certain);
  out.subject = quoted(of.error.message);
  if (out.subject.empty()) out.subject = between(of.error.message, "\"", "\"");
  out.title = abi ? "the ABI `" + out.subject + "` does not exist on " + of.evidence.cell.triple
                  : "the CPU feature `" + out.subject + "` does not exist on this architecture";
  out.mends.push_back(gate_use(of.error, abi ? "windows" : "target_arch = \"…\""));
  if (abi)
    out.mends.push_back(mend(MendKind::rust, "extern \"system\" where stdcall is meant for Windows alone"));
  return out;
}

// std_detect's macros refuse an architecture in so many words: "This macro cannot be used on the current
// target. … guarding it behind a cfg(any(target_arch = "x86", …))."
std::optional<Diagnosis> detection(const Case& of) {
  if (!of.error.code.empty() ||
      !contains(of.error.message, "This macro cannot be used on the current target"))
    return std::nullopt;
  auto out = found(of, Cause::foreign_arch_code, Confidence::certain);
  auto line = source_line(of, of.error.file, of.error.line);
  auto end = line.find("_feature_detected");
  auto begin = end == std::string::npos ? end : line.rfind("is_", end);
  out.subject = begin == std::string::npos ? "is_…_feature_detected" : line.substr(begin, end + 17 - begin);
  if (auto at = of.error.message.find("behind a cfg("); at != std::string::npos) {
    auto rest = of.error.message.substr(at + 13);
    auto close = rest.rfind(')');
    if (close != std::string::npos && parse_cfg(rest.substr(0, close))) out.cfg = rest.substr(0, close);
  }
  out.title = "`" + out.subject + "!` asks for features that " + of.evidence.cell.triple + " cannot have";
  out.mends.push_back(gate_use(of.error, out.cfg.empty() ? "target_arch = \"…\"" : out.cfg));
  if (of.failure.foreign())
    for (auto& m : around_dependency(of.evidence, *of.failure.about, out.cfg))
      out.mends.push_back(std::move(m));
  return out;
}

// --- atomics

// Bits of `AtomicU64`; 0: no such name. Pointers and bools are those of `ptr` and 8.
std::string atomic_width(std::string_view name) {
  for (auto [type, bits] :
       {std::pair{"AtomicU128", "128"}, std::pair{"AtomicI128", "128"}, std::pair{"AtomicU64", "64"},
        std::pair{"AtomicI64", "64"}, std::pair{"AtomicU32", "32"}, std::pair{"AtomicI32", "32"},
        std::pair{"AtomicU16", "16"}, std::pair{"AtomicI16", "16"}, std::pair{"AtomicU8", "8"},
        std::pair{"AtomicI8", "8"}, std::pair{"AtomicBool", "8"}, std::pair{"AtomicUsize", "ptr"},
        std::pair{"AtomicIsize", "ptr"}, std::pair{"AtomicPtr", "ptr"}})
    if (name == type) return bits;
  return {};
}

bool has_atomic(const Evidence& evidence, const std::string& width, bool load_store) {
  auto line =
      std::string(load_store ? "target_has_atomic_load_store" : "target_has_atomic") + "=\"" + width + "\"";
  // Stable rustc prints target_has_atomic alone.
  return std::find(evidence.cfg.begin(), evidence.cfg.end(), line) != evidence.cfg.end();
}

std::optional<Diagnosis> no_atomic(const Case& of, const std::string& name, const std::string& width) {
  auto out = found(of, Cause::atomics_missing, Confidence::certain);
  out.subject = name;
  out.cfg = "target_has_atomic = \"" + width + "\"";
  out.title = of.evidence.cell.triple + " has no " + (width == "ptr" ? "pointer-sized" : width + "-bit") +
              " atomics: `" + name + "`";
  out.evidence.push_back({"cfg", "", 0, 0, "`rustc --print cfg` has no " + out.cfg});
  out.mends.push_back(gate_use(of.error, out.cfg));
  out.mends.push_back(mend(MendKind::rust, of.error.file + ":" + std::to_string(of.error.line) +
                                               ": a lock, or a narrower atomic, where #[cfg(not(" + out.cfg +
                                               "))]"));
  if (of.failure.foreign())
    for (auto& m : around_dependency(of.evidence, *of.failure.about, out.cfg))
      out.mends.push_back(std::move(m));
  return out;
}

std::optional<Diagnosis> atomics(const Case& of) {
  if (of.evidence.cfg.empty()) return std::nullopt;
  if (of.is_one_of({"E0432", "E0433", "E0425", "E0412"})) {
    auto path = missing_path(of.error);
    auto segments = path_segments(path);
    if (segments.empty()) return std::nullopt;
    auto name = segments.back();
    auto width = atomic_width(name);
    bool arc = name == "Arc" && segments.front() == "alloc" && !has_atomic(of.evidence, "ptr", false);
    if (arc) return no_atomic(of, "Arc", "ptr");
    if (width.empty() || has_atomic(of.evidence, width, false)) return std::nullopt;
    bool from_std = segments.size() == 1 || is_std(segments.front()) || contains(path, "atomic::");
    bool own = contains_any(source_path(of), {"sync::atomic"}) || segments.size() == 1;
    if (!from_std && !own) return std::nullopt;
    return no_atomic(of, name, width);
  }
  // Loads and stores exist, compare-and-swap does not: E0599 on an Atomic type.
  if (of.error.code != "E0599") return std::nullopt;
  auto method = quoted(of.error.message);
  auto type = quoted(of.error.message, 1);
  if (auto slash = type.rfind("::"); slash != std::string::npos) type = type.substr(slash + 2);
  // `&AtomicU32`, `Atomic<u32>` since rustc 1.96
  type = replace_all(type, "&", "");
  std::string width = atomic_width(type);
  if (width.empty() && type.starts_with("Atomic<"))
    width = between(type, "Atomic<u", ">").empty() ? between(type, "Atomic<i", ">")
                                                   : between(type, "Atomic<u", ">");
  if (width == "size" || type.starts_with("Atomic<*")) width = "ptr";
  if (type == "Atomic<bool>") width = "8";
  static constexpr std::array<std::string_view, 5> cas{"compare_", "fetch_", "swap", "update", "try_update"};
  bool swaps = std::any_of(cas.begin(), cas.end(), [&](std::string_view m) { return method.starts_with(m); });
  if (width.empty() || !swaps || has_atomic(of.evidence, width, false)) return std::nullopt;
  return no_atomic(of, type + "::" + method, width);
}

// --- artefacts

std::optional<Diagnosis> artifact(const Case& of) {
  auto text = of.in_source() ? of.error.message : all_words_of(of.error);
  struct Sign {
    std::string_view text, title;
  };
  static constexpr std::array<Sign, 9> signs{
      Sign{"`#[panic_handler]` function required, but not found",
           "a program without std needs a panic handler"},
      Sign{"does not support these crate types", "the triple cannot have this crate type"},
      Sign{"does not support proc macros", "the triple cannot have this crate type"},
      Sign{"is not compiled with this crate's panic strategy", "the triple's std has another panic strategy"},
      Sign{"requires panic strategy `", "a crate needs another panic strategy than this build has"},
      Sign{"does not have the panic strategy `", "a crate was compiled with another panic strategy"},
      Sign{"unwinding panics are not supported without std", "nothing unwinds without std"},
      Sign{"language item required, but not found: `eh_personality`", "nothing unwinds without std"},
      Sign{"cannot be built with `-C panic=", "the triple cannot have this panic strategy"}};
  for (const auto& sign : signs) {
    if (!contains(text, sign.text)) continue;
    // Without std nobody unwinds; whether it is meant to, only its author knows.
    bool no_std = contains_any(sign.text, {"without std", "eh_personality", "panic_handler"});
    auto out = found(of, Cause::artifact_unsupported, no_std ? Confidence::guess : Confidence::certain);
    out.title = std::string(sign.title) + " (" + of.evidence.cell.triple + ")";
    auto kind = between(text, "cannot produce ", " for `");
    out.subject = kind.empty() ? quoted(line_with(text, sign.text), 1) : kind;
    if (out.package.empty())
      if (auto unit = between(text, "for `", "`"); !unit.empty()) {
        auto words = split_words(unit);
        out.package = words.front();
        if (words.size() > 1 && words[1].starts_with('v')) out.version = words[1].substr(1);
      }
    out.evidence.push_back(log_item(line_with(text, sign.text)));
    if (!kind.empty()) {
      out.mends.push_back(mend(MendKind::matrix, "units: [lib]   # or: exclude the triple"));
      out.mends.push_back(
          mend(MendKind::command, "cargo rustc --lib --crate-type rlib --target " + of.evidence.cell.triple));
    } else {
      out.mends.push_back(matrix_rule(of.evidence, "profile: {panic: abort}"));
    }
    return out;
  }
  return std::nullopt;
}

// A dependency that is a dynamic library alone, on a triple that has none: rustc drops the crate type with a
// warning, and nothing is left to be found (E0463).
std::optional<Diagnosis> dynamic_dependency(const Case& of) {
  if (of.error.code != "E0463" || !of.failure.about) return std::nullopt;
  auto crate = quoted(of.error.message);
  const auto* dependency = of.evidence.metadata.dependency(*of.failure.about, crate);
  if (!dependency) return std::nullopt;
  for (const auto& target : dependency->targets) {
    if (target.kind != "lib" || target.crate_types != std::vector<std::string>{"dylib"}) continue;
    auto out = found(of, Cause::artifact_unsupported, Confidence::certain);
    if (!dependency->member) out.fault = Fault::dependency;
    out.subject = "dylib";
    out.title =
        "`" + dependency->name + "` is a dynamic library alone, and " + of.evidence.cell.triple + " has none";
    out.evidence.push_back({"metadata", "", 0, 0, "crate-type = [\"dylib\"] of " + dependency->name});
    out.mends.push_back(
        mend(MendKind::manifest, "[lib]\ncrate-type = [\"lib\", \"dylib\"]   # of " + dependency->name));
    return out;
  }
  return std::nullopt;
}

constexpr std::array<Rule, 7> table{artifact,  dynamic_dependency, atomics,       intrinsics,
                                    assembler, detection,          abi_or_feature};

}  // namespace

std::span<const Rule> arch_rules() { return table; }

}  // namespace tripled::diagnosis
