// Files that the sources lack: include_str! and `mod` of something that is not there.
#include <array>

#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/rules.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

std::optional<Diagnosis> included(const Case& of) {
  if (!of.error.code.empty() || !of.in_source()) return std::nullopt;
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
  out.title = generated ? "a file that the build script should have made is not there: " + path
                        : "a file that the code includes is not there: " + path;
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

constexpr std::array<Rule, 2> table{included, module_file};

}  // namespace

std::span<const Rule> incomplete_rules() { return table; }

}  // namespace tripled::diagnosis
