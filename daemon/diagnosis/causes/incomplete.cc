// Files that the sources lack: include_str! and `mod` of something that is not there.
#include <array>

#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/rules.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

std::optional<Diagnosis> included(const Case& of) {
  if (!of.error.code.empty()) return std::nullopt;
  // Without a place: the root of a target itself.
  if (!of.in_source() && !quoted(of.error.message).ends_with(".rs")) return std::nullopt;
  if (!of.error.message.starts_with("couldn't read ") ||
      !contains_any(of.error.message, {"No such file", "os error 2", "cannot find the"}))
    return std::nullopt;
  auto path = quoted(of.error.message);
  // What a build script should have written is not the package's own file.
  bool generated =
      contains(path, "/out/") || contains(source_line(of, of.error.file, of.error.line), "OUT_DIR");
  auto out = found(of, Cause::package_incomplete, generated ? Confidence::guess : Confidence::certain);
  out.subject = path;
  auto slash = path.rfind('/');
  if (slash != std::string::npos && slash + 1 < path.size()) out.subject = path.substr(slash + 1);
  out.title = generated        ? "a file that the build script should have made is not there: " + path
              : of.in_source() ? "a file that the code includes is not there: " + path
                               : "the manifest names a file that is not there: " + path;
  out.mends.push_back(mend(MendKind::manifest, "[package]\ninclude = [\"…\", \"/" + out.subject +
                                                   "\"]   # or take it out of `exclude` and .gitignore"));
  if (of.failure.foreign())
    for (auto& m : around_dependency(of.evidence, *of.failure.about, "")) out.mends.push_back(std::move(m));
  return out;
}

std::optional<Diagnosis> module_file(const Case& of) {
  if (of.error.code != "E0583") return std::nullopt;
  auto out =
      found(of, Cause::package_incomplete, of.failure.foreign() ? Confidence::certain : Confidence::likely);
  out.subject = quoted(of.error.message);
  out.title = "the file of module `" + out.subject + "` is not there";
  for (const auto& note : of.error.notes)
    if (contains(note, "to create the module")) out.evidence.push_back({"message", "", 0, 0, note});
  out.mends.push_back(
      mend(MendKind::command,
           "git status --ignored    # is it there and not tracked, or spelt with other capitals?"));
  if (of.failure.foreign())
    for (auto& m : around_dependency(of.evidence, *of.failure.about, "")) out.mends.push_back(std::move(m));
  return out;
}

// A macro that reads a file while it is expanded: "proc macro panicked", with the panic's words in a help.
std::optional<Diagnosis> read_by_macro(const Case& of) {
  if (!of.error.code.empty() || !of.in_source()) return std::nullopt;
  if (!contains_any(of.error.message,
                    {"proc macro panicked", "proc-macro derive panicked", "custom attribute panicked"}))
    return std::nullopt;
  auto text = words_of(of.error);
  for (std::string_view sign : {"No such file or directory", "os error 2)", "does not exist",
                                "is not a directory", "ile not found", "kind: NotFound"}) {
    if (!contains(text, sign)) continue;
    auto out = found(of, Cause::package_incomplete, Confidence::likely);
    auto line = line_with(text, sign);
    out.subject = between(line, "\"", "\"");
    if (out.subject.empty()) out.subject = quoted(line);
    out.title = "a macro reads a file that is not there: " + line;
    out.evidence.push_back({"message", "", 0, 0, line});
    out.mends.push_back(
        mend(MendKind::manifest, "[package]\ninclude = [\"…\"]   # with what the macro reads"));
    if (of.failure.foreign())
      for (auto& m : around_dependency(of.evidence, *of.failure.about, "")) out.mends.push_back(std::move(m));
    return out;
  }
  return std::nullopt;
}

constexpr std::array<Rule, 3> table{included, module_file, read_by_macro};

}  // namespace

std::span<const Rule> incomplete_rules() { return table; }

}  // namespace tripled::diagnosis
