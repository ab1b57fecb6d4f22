// rustc or LLVM broke, whatever the code says: "internal compiler error", a signal, LLVM ERROR.
#include <array>

#include "daemon/diagnosis/causes/rules.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

Diagnosis crash(const Case& of, Confidence confidence, std::string title, const std::string& words) {
  auto out = found(of, Cause::compiler_crash, confidence);
  out.fault = Fault::toolchain;
  out.title = std::move(title);
  if (!words.empty()) out.evidence.push_back(log_item(words));
  auto rustc = of.evidence.versions.find("rustc");
  if (rustc != of.evidence.versions.end()) out.evidence.push_back({"versions", "", 0, 0, rustc->second});
  out.mends.push_back(mend(MendKind::matrix, "rules: [{match: \"triple = " + of.evidence.cell.triple +
                                                 "\", toolchain: …}]   # one that does not crash"));
  return out;
}

// A build script or a test can say these words, too: it has a place of its own.
bool is_build_script(const Case& of) { return of.error.message.starts_with("build script of `"); }

std::optional<Diagnosis> internal_error(const Case& of) {
  if (is_build_script(of)) return std::nullopt;
  bool said = of.error.message.starts_with("internal compiler error") ||
              of.error.rendered.starts_with("error: internal compiler error") ||
              contains(of.error.rendered, "thread 'rustc' panicked") ||
              contains(of.error.rendered, "the compiler unexpectedly panicked");
  if (!said) return std::nullopt;
  auto out = crash(of, Confidence::certain, "rustc itself broke (internal compiler error)", "");
  out.subject = of.error.message.substr(0, 120);
  return out;
}

std::optional<Diagnosis> llvm(const Case& of) {
  if (is_build_script(of) || of.in_source()) return std::nullopt;
  auto text = all_words_of(of.error);
  for (std::string_view sign : {"LLVM ERROR:", "rustc interrupted by SIG", "Assertion `"}) {
    if (!contains(text, sign)) continue;
    if (sign == "Assertion `" && !contains(text, "llvm")) continue;
    auto line = line_with(text, sign);
    auto out = crash(of, Confidence::certain, "LLVM or rustc broke: " + line, line);
    out.subject = line;
    return out;
  }
  return std::nullopt;
}

// "could not compile `x` (lib)" without "due to": cargo saw rustc end without an error of the code.
std::optional<Diagnosis> ended_badly(const Case& of) {
  const auto& message = of.error.message;
  if (!of.error.code.empty() || !message.starts_with("could not compile `")) return std::nullopt;
  auto signal = between(message + "\n", "ended by signal ", "\n");
  if (signal.empty()) signal = between(of.error.rendered, "(signal: ", ",");
  if (!signal.empty())
    return crash(of, Confidence::certain, "rustc was ended by signal " + signal,
                 line_with(of.error.rendered, "signal"));
  // 101 is a panic of rustc; 1 is an error that it told on its standard error, of its own options for
  // example.
  if (contains(of.error.rendered, "(exit status: 101)") && !contains(message, "due to"))
    return crash(of, Confidence::likely, "rustc ended badly and reported no error in the code",
                 of.evidence.said.empty() ? line_with(of.error.rendered, "exit status") : of.evidence.said);
  return std::nullopt;
}

constexpr std::array<Rule, 3> table{internal_error, llvm, ended_badly};

}  // namespace

std::span<const Rule> crash_rules() { return table; }

}  // namespace tripled::diagnosis
