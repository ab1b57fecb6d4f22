// compile_error! and build scripts that refuse the platform, or a combination of features, in so many words.
#include <array>

#include "daemon/diagnosis/causes/cfg.h"
#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/rules.h"
#include "daemon/diagnosis/causes/rust_source.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

// The predicate that made it fail: of the gates that hold, the innermost one of the platform.
std::string reason_of(const Case& of, const std::vector<Gate>& gates) {
  std::string out;
  for (const auto& gate : gates)
    if (cfg_holds(gate.predicate, of.evidence, of.failure.about).value_or(true)) out = gate.predicate;
  return out;
}

bool mentions_features(std::string_view text) {
  auto lower = to_lower(text);
  return contains_any(lower, {"feature", "mutually exclusive"});
}

bool mentions_platform(const Evidence& evidence, std::string_view text) {
  auto lower = to_lower(text);
  if (contains_any(lower, {"platform", "target", "architecture",  "operating system",
                           " os ",     "64-bit", "32-bit",        "64 bit",
                           "32 bit",   "endian", "windows",       "linux",
                           "macos",    "unix",   "wasm",          "x86",
                           "aarch64",  "arm ",   "pointer width", "bits",
                           "cpu"}))
    return true;
  auto os = evidence.cfg_value("target_os"), arch = evidence.cfg_value("target_arch");
  return contains(lower, evidence.cell.triple) || (!os.empty() && contains(lower, os)) ||
         (!arch.empty() && contains(lower, arch));
}

bool is_compile_error(const Case& of) {
  if (!of.error.code.empty() || !of.in_source()) return false;
  if (contains(source_line(of, of.error.file, of.error.line), "compile_error!")) return true;
  return contains(of.error.rendered, "compile_error!");
}

std::optional<Diagnosis> refused(const Case& of) {
  if (!is_compile_error(of)) return std::nullopt;
  auto gates = of.sources.gates(of.error.file, of.error.line, of.error.column);
  auto predicate = reason_of(of, gates);
  auto parsed = predicate.empty() ? std::nullopt : parse_cfg(predicate);
  bool features =
      parsed ? is_about_features(*parsed)
             : mentions_features(of.error.message) && !mentions_platform(of.evidence, of.error.message);
  auto out = found(of, features ? Cause::feature_combination : Cause::unsupported_on_purpose,
                   parsed ? Confidence::certain : Confidence::likely);
  // In a proc-macro's or macro's mouth it can be about anything that was written.
  if (!parsed && !features && !mentions_platform(of.evidence, of.error.message))
    out.confidence = Confidence::guess;
  out.cfg = predicate;
  out.subject = "compile_error!";
  out.title = (features ? "these features do not go together: " : "refused on purpose: ") + of.error.message;
  if (!gates.empty()) {
    Span at;
    at.file = of.error.file;
    at.line = gates.back().line;
    out.evidence.push_back(span_item(at, "#[cfg(" + predicate + ")]"));
  }
  if (features) {
    out.mends.push_back(mend(MendKind::matrix, "features: […]   # so that " + predicate + " does not hold"));
  } else {
    out.mends.push_back(matrix_exclude(of.evidence, of.error.message));
    if (of.failure.foreign())
      for (auto& m : around_dependency(of.evidence, *of.failure.about,
                                       predicate.empty() ? "" : "not(" + predicate + ")"))
        out.mends.push_back(std::move(m));
  }
  return out;
}

// Words of a refusal, in lower case.
bool refuses(std::string_view lower) {
  return contains_any(
      lower, {"unsupported", "not supported", "does not support", "doesn't support", "only supports",
              "is only supported", "are supported", "supported only", "only works on", "unknown target",
              "unknown architecture", "unknown platform", "unimplemented for", "not implemented for",
              "don't know how to build for", "unrecognized target"});
}

// const _: () = { if size_of::<usize>() != 8 { panic!("only 64-bit targets are supported") } };
std::optional<Diagnosis> constant_refused(const Case& of) {
  if (of.error.code != "E0080" || !contains(of.error.message, "evaluation panicked: ")) return std::nullopt;
  auto words = of.error.message.substr(of.error.message.find("evaluation panicked: ") + 21);
  if (words.starts_with("assertion failed") || !refuses(to_lower(words)) ||
      !mentions_platform(of.evidence, words))
    return std::nullopt;
  auto out = found(of, Cause::unsupported_on_purpose, Confidence::likely);
  out.subject = "panic! in a constant";
  out.title = "refused on purpose: " + words;
  out.mends.push_back(matrix_exclude(of.evidence, words));
  if (of.failure.foreign())
    for (auto& m : around_dependency(of.evidence, *of.failure.about, "")) out.mends.push_back(std::move(m));
  return out;
}

// A build script that panics or ends with words such as "unsupported target".
std::optional<Diagnosis> script_refused(const Case& of) {
  if (!of.error.code.empty() || !of.error.message.starts_with("build script of `")) return std::nullopt;
  auto at = of.error.message.find("failed: ");
  if (at == std::string::npos) return std::nullopt;
  auto words = of.error.message.substr(at + 8);
  auto lower = to_lower(words);
  if (!refuses(lower) || !mentions_platform(of.evidence, words)) return std::nullopt;
  // A tool's complaint about an option of its own is another matter.
  if (contains_any(lower, {"option", "flag", "argument"})) return std::nullopt;
  auto out = found(of, Cause::unsupported_on_purpose,
                   contains(lower, of.evidence.cell.triple) ? Confidence::certain : Confidence::likely);
  out.target = "build-script-build";
  out.subject = "build script";
  out.title = "its build script refuses " + of.evidence.cell.triple + ": " + words;
  if (auto line = line_with(of.error.rendered, "panicked at"); !line.empty())
    out.evidence.push_back(log_item(line));
  out.mends.push_back(matrix_exclude(of.evidence, words));
  if (of.failure.foreign())
    for (auto& m : around_dependency(of.evidence, *of.failure.about, "")) out.mends.push_back(std::move(m));
  return out;
}

constexpr std::array<Rule, 3> table{refused, constant_refused, script_refused};

}  // namespace

std::span<const Rule> purpose_rules() { return table; }

}  // namespace tripled::diagnosis
