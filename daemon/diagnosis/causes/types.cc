// Sizes, constants and literals that hold for one pointer width; several versions of one crate that meet.
#include <algorithm>
#include <array>
#include <set>

#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/places.h"
#include "daemon/diagnosis/causes/rules.h"
#include "daemon/diagnosis/causes/rust_source.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

// --- several versions of a crate

std::optional<Diagnosis> mixed(const Case& of) {
  auto text = words_of(of.error);
  std::string crate = between(text, "multiple different versions of crate `", "`");
  if (crate.empty()) crate = between(text, "two different versions of crate `", "`");
  if (crate.empty())
    crate = between(text, "two types come from two different crates", "`").empty()
                ? std::string()
                : between(text, "come from two different versions of `", "`");
  if (crate.empty()) return std::nullopt;
  auto out = found(of, Cause::mixed_versions, Confidence::certain);
  out.subject = crate;
  std::set<std::string> versions;
  for (const auto& package : of.evidence.metadata.packages)
    if (crate_name(package.name) == crate && package.reached) versions.insert(package.version);
  std::vector<std::string> list(versions.begin(), versions.end());
  out.title = "types of different versions of `" + crate + "` meet" +
              (list.size() > 1 ? ": " + join(list, ", ") : std::string());
  for (const auto& span : of.error.spans)
    if (contains_any(span.label, {"this is the expected", "this is the found"}))
      out.evidence.push_back(span_item(span));
  std::set<std::string> users;
  for (const auto& package : of.evidence.metadata.packages)
    for (const auto& d : package.dependencies)
      if (crate_name(d.name) == crate && package.reached)
        users.insert(package.name + " " + package.version + " asks for " + d.name + " " + d.requirement);
  for (const auto& user : users)
    if (out.evidence.size() < 8) out.evidence.push_back({"metadata", "", 0, 0, user});
  out.mends.push_back(mend(MendKind::command, "cargo tree -d --target " + of.evidence.cell.triple));
  if (list.size() > 1)
    out.mends.push_back(mend(MendKind::pin, "cargo update -p " + crate + "@" + list.front() + " --precise " +
                                                list.back() + "   # where the requirements allow it"));
  return out;
}

// --- layout

bool about_pointers(std::string_view text) {
  return contains_any(text,
                      {"usize", "isize", "*const", "*mut", "size_of", "align_of", "NonNull", "pointer"});
}

Diagnosis layout(const Case& of, Confidence confidence, std::string subject, std::string title) {
  auto out = found(of, Cause::layout_differs, confidence);
  out.subject = std::move(subject);
  out.title = std::move(title);
  out.cfg = "target_pointer_width = \"64\"";
  if (of.evidence.pointer_width() == 64) out.cfg.clear();
  auto place = of.error.file + ":" + std::to_string(of.error.line);
  auto line = std::string(trim(source_line(of, of.error.file, of.error.line)));
  if (!line.empty()) {
    Span at;
    at.file = of.error.file;
    at.line = of.error.line;
    out.evidence.push_back(span_item(at, line));
  }
  out.mends.push_back(
      mend(MendKind::rust,
           place + ": a value for each width, under #[cfg(target_pointer_width = \"32\")] and \"64\", or one "
                   "that does not depend on it"));
  if (of.failure.foreign())
    for (auto& m : around_dependency(of.evidence, *of.failure.about, out.cfg))
      out.mends.push_back(std::move(m));
  return out;
}

std::optional<Diagnosis> transmute(const Case& of) {
  if (of.error.code != "E0512") return std::nullopt;
  std::string from, to;
  for (const auto& note : of.error.notes) {
    if (contains(note, "source type:")) from = note.substr(note.find("source type:") + 13);
    if (contains(note, "target type:")) to = note.substr(note.find("target type:") + 13);
  }
  // A generic type has no size at all: no matter of platforms.
  auto bits = [](const std::string& t) { return between(t, "(", " bits)"); };
  if (bits(from).empty() || bits(to).empty()) return std::nullopt;
  bool pointers = about_pointers(from + to);
  auto out = layout(of, pointers ? Confidence::certain : Confidence::likely,
                    "transmute " + quoted(from) + " -> " + quoted(to),
                    "transmute between types that differ in size here: " + std::string(trim(from)) + ", " +
                        std::string(trim(to)));
  if (of.evidence.pointer_width() == 64 && !pointers) out.confidence = Confidence::guess;
  return out;
}

std::optional<Diagnosis> constant(const Case& of) {
  if (of.error.code != "E0080") return std::nullopt;
  auto text = of.error.message + "\n" + source_line(of, of.error.file, of.error.line);
  bool overflow = contains_any(of.error.message, {"which would overflow", "overflow"});
  bool width = of.evidence.pointer_width() != 64;
  if (about_pointers(text))
    return layout(
        of, contains_any(text, {"size_of", "align_of"}) || width ? Confidence::certain : Confidence::likely,
        of.error.message.substr(0, 160),
        "a constant holds for another size or alignment: " + of.error.message.substr(0, 200));
  if (overflow && width && contains(text, "_usize"))
    return layout(of, Confidence::likely, of.error.message.substr(0, 160),
                  "a constant overflows here: " + of.error.message.substr(0, 200));
  bool asserts = contains_any(of.error.message, {"evaluation panicked", "index out of bounds"});
  if ((overflow || asserts) && width)
    return layout(of, Confidence::guess, of.error.message.substr(0, 160),
                  "a constant does not hold here: " + of.error.message.substr(0, 200));
  return std::nullopt;
}

// The line and the head of the function that it is in.
std::string lines_around(const Case& of) {
  auto out = source_line(of, of.error.file, of.error.line);
  if (const auto* source = of.sources.find(of.error.file)) {
    auto [from, to] = source->around(of.error.line, of.error.column);
    for (int i = from; i <= to && i < from + 12; ++i) out += "\n" + std::string(source->line(i));
  }
  return out;
}

std::optional<Diagnosis> array_size(const Case& of) {
  if (of.error.code != "E0308") return std::nullopt;
  for (const auto& span : of.error.spans) {
    if (!span.primary || !contains(span.label, "an array with a size of")) continue;
    if (!about_pointers(lines_around(of))) return std::nullopt;
    return layout(of, Confidence::likely, "array",
                  "an array's length depends on the pointer width: " + span.label);
  }
  return std::nullopt;
}

// Denied by default: literals and arithmetic that do not fit.
std::optional<Diagnosis> literals(const Case& of) {
  if (!of.is_one_of({"overflowing_literals", "arithmetic_overflow", "unconditional_panic"}))
    return std::nullopt;
  auto text = words_of(of.error) + source_line(of, of.error.file, of.error.line) + of.error.rendered;
  if (of.evidence.pointer_width() == 64 || !contains_any(text, {"usize", "isize"})) return std::nullopt;
  return layout(of, of.error.code == "overflowing_literals" ? Confidence::certain : Confidence::likely,
                of.error.code,
                of.error.message + " with " + std::to_string(of.evidence.pointer_width()) + "-bit pointers");
}

constexpr std::array<Rule, 5> table{mixed, transmute, constant, array_size, literals};

}  // namespace

std::span<const Rule> type_rules() { return table; }

}  // namespace tripled::diagnosis
