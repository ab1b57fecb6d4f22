// Denied lints: rustc gives their names as codes (snake case; clippy:: and rustdoc:: before them).
#include <algorithm>
#include <array>

#include "daemon/diagnosis/causes/cfg.h"
#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/rules.h"
#include "daemon/diagnosis/causes/rust_source.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

bool is_lint(const std::string& code) {
  if (code.empty() || code[0] == 'E') return false;
  return code.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ ") == std::string::npos;
}

// Lints about things that other code would use.
constexpr std::array<std::string_view, 6> kPlatformLints{
    "unused_imports", "dead_code", "unused_variables", "unused_mut", "unused_macros", "unused_assignments"};

// The name that the lint is about, used again in a part of the file that is off here.
bool used_where_off(const Case& of) {
  const auto* text = of.evidence.file(of.error.file);
  auto name = quoted(of.error.message);
  if (!text || name.empty()) return false;
  if (auto last = name.rfind("::"); last != std::string::npos) name = name.substr(last + 2);
  const auto& source = *of.sources.find(of.error.file);
  auto lines = static_cast<int>(std::count(text->begin(), text->end(), '\n')) + 1;
  for (int i = 1; i <= lines; ++i) {
    auto line = source.line(i);
    if (i == of.error.line || !has_word(line, name)) continue;
    auto column = static_cast<int>(line.find(name)) + 1;
    for (const auto& gate : source.gates(i, column)) {
      auto predicate = parse_cfg(gate.predicate);
      if (!predicate || is_about_features(*predicate)) continue;
      if (!cfg_holds(gate.predicate, of.evidence, of.failure.about, of.failure.harness).value_or(true))
        return true;
    }
  }
  return false;
}

std::optional<Diagnosis> lint(const Case& of) {
  if (!is_lint(of.error.code)) return std::nullopt;
  bool can = std::find(kPlatformLints.begin(), kPlatformLints.end(), of.error.code) != kPlatformLints.end();
  bool platform = can && used_where_off(of);
  auto out = found(of, platform ? Cause::lint_on_platform : Cause::lint_everywhere,
                   platform ? Confidence::likely : Confidence::guess);
  out.subject = of.error.code;
  out.title = "the denied lint `" + of.error.code + "` fires: " + of.error.message;
  for (const auto& span : of.error.spans)
    if (contains(span.label, "lint level is defined here")) out.evidence.push_back(span_item(span));
  for (const auto& note : of.error.notes)
    if (contains_any(note, {"implied by", "on by default", "future release"}))
      out.evidence.push_back({"message", "", 0, 0, note.substr(0, 300)});
  if (platform) {
    out.mends.push_back(mend(MendKind::rust, of.error.file + ":" + std::to_string(of.error.line) +
                                                 ": the same #[cfg(…)] here as on what uses it"));
  } else {
    out.mends.push_back(mend(MendKind::matrix, "lints: cap   # shows what stands behind it"));
    out.mends.push_back(mend(MendKind::rust, of.error.file + ":" + std::to_string(of.error.line) +
                                                 ": #[allow(" + of.error.code + ")]"));
  }
  return out;
}

constexpr std::array<Rule, 1> table{lint};

}  // namespace

std::span<const Rule> lint_rules() { return table; }

}  // namespace tripled::diagnosis
