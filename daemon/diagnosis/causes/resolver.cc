// What cargo refuses before anything is compiled: features, versions, the lock, manifests that name files the
// package lacks. Texts of cargo 1.85-1.96; the unit is the job, the package the one cargo blames.
#include <array>

#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/rules.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

bool is_of_cargo(const Case& of) { return of.error.code.empty() && !of.in_source(); }

// `name v1.2.3 (/path)` -> name, version.
void blame(Diagnosis& out, const std::string& display) {
  auto words = split_words(display);
  if (words.empty()) return;
  out.package = words[0];
  if (words.size() > 1 && words[1].starts_with('v')) out.version = words[1].substr(1);
}

Diagnosis refused(const Case& of, Cause cause, Confidence confidence, std::string title) {
  auto out = found(of, cause, confidence);
  out.fault = Fault::project;
  out.title = std::move(title);
  return out;
}

void say(Diagnosis& out, const std::string& text, std::string_view sign) {
  if (auto line = line_with(text, sign); !line.empty()) out.evidence.push_back(log_item(line));
}

std::optional<Diagnosis> feature_unknown(const Case& of) {
  if (!is_of_cargo(of)) return std::nullopt;
  auto text = all_words_of(of.error);
  std::string user, dependency, feature;
  if (auto line = line_with(text, "does not have that feature"); !line.empty()) {
    user = quoted(line, 0), dependency = quoted(line, 1);
    feature = between(line, "with feature `", "`");
  } else if (line = line_with(text, "does not have feature"); !line.empty()) {
    dependency = quoted(line, 0), feature = between(line, "does not have feature `", "`");
  } else if (line = line_with(text, "does not contain this feature"); !line.empty()) {
    user = between(line, "the package '", "'");
    feature = std::string(trim(line.substr(line.rfind(':') + 1)));
  } else if (line = line_with(text, "does not contain these features"); !line.empty()) {
    user = between(line, "the package '", "'");
    feature = std::string(trim(line.substr(line.rfind(':') + 1)));
  } else if (line = line_with(text, "none of the selected packages contains"); !line.empty()) {
    feature = std::string(trim(line.substr(line.rfind(':') + 1)));
  } else if (line = line_with(text, "is not listed as a dependency"); !line.empty()) {
    feature = between(line, "feature `", "`");
  } else if (line = line_with(text, "which is neither a dependency nor another feature"); !line.empty()) {
    feature = quoted(line, 1);
  } else {
    return std::nullopt;
  }
  auto out = refused(of, Cause::feature_unknown, Confidence::certain, "");
  out.package = user;
  out.subject = dependency.empty() ? feature : dependency + "/" + feature;
  out.title = dependency.empty()
                  ? "there is no feature `" + feature + "`"
                  : "`" + dependency + "` has no feature `" + feature + "` in the versions that fit";
  say(out, text, feature);
  say(out, text, "available features:");
  if (dependency.empty()) {
    out.mends.push_back(mend(MendKind::matrix, "features: […]   # without `" + feature + "`"));
  } else {
    out.mends.push_back(mend(MendKind::command, "cargo info " + dependency));
    out.mends.push_back(mend(MendKind::manifest, dependency +
                                                     " = { version = \"…\", features = […] }   # without `" +
                                                     feature + "`, or a version that has it"));
  }
  return out;
}

std::optional<Diagnosis> files_missing(const Case& of) {
  if (!of.error.code.empty()) return std::nullopt;
  auto text = all_words_of(of.error);
  auto line = line_with(text, "can't find ");
  // A path dependency or a member whose directory did not come along.
  auto unread = line_with(text, "failed to read `");
  if (contains(unread, "/Cargo.toml`") && contains_any(text, {"No such file or directory", "os error 2)"}) &&
      !of.in_source()) {
    auto out = refused(of, Cause::package_incomplete, Confidence::certain,
                       "a manifest names a package that is not there: " + quoted(unread));
    out.subject = quoted(unread);
    out.evidence.push_back(log_item(unread));
    say(out, text, "failed to load manifest for");
    say(out, text, "failed to get `");
    out.mends.push_back(
        mend(MendKind::manifest, "# a version beside `path`: x = { version = \"…\", path = \"…\" }"));
    return out;
  }
  bool target =
      !line.empty() && contains_any(line, {" example", " bin ", " test", " bench", " library", " lib ",
                                           " build script", "`src/lib.rs`", "`src/main.rs`"});
  if (!target || of.in_source() || line.starts_with("can't find crate")) return std::nullopt;
  auto out = refused(of, Cause::package_incomplete, Confidence::certain,
                     "a manifest names a file that is not there");
  auto sentence = line.substr(line.find("can't find "));
  out.subject = quoted(sentence);
  out.evidence.push_back(log_item(line));
  say(out, text, "failed to parse manifest at");
  say(out, text, "--> ");
  out.mends.push_back(
      mend(MendKind::manifest, "# take the target `" + out.subject +
                                   "` out of Cargo.toml, or add its "
                                   "file (a published package can lack it: `include`, `exclude`)"));
  return out;
}

struct Refusal {
  std::string_view sign, title;
};
constexpr std::array<Refusal, 13> kRefusals{
    Refusal{"-Znext-lockfile-bump", "Cargo.lock was written by a newer cargo"},
    Refusal{"links to the native library `", "two packages link the same native library"},
    Refusal{"is yanked", "a version that is needed was yanked"},
    Refusal{"does not understand this lock file", "Cargo.lock was written by a newer cargo"},
    Refusal{"because --locked was passed", "Cargo.lock does not fit the manifests"},
    Refusal{"because --frozen was passed", "Cargo.lock does not fit the manifests"},
    Refusal{"needs to be updated but", "Cargo.lock does not fit the manifests"},
    Refusal{"failed to parse lock file", "Cargo.lock cannot be read"},
    Refusal{"all possible versions conflict with previously selected packages",
            "version requirements conflict"},
    Refusal{"cyclic package dependency", "packages depend on each other in a circle"},
    Refusal{"no matching package", "a package is not in the registry"},
    Refusal{"failed to select a version", "no version fits the requirement"},
    Refusal{"which could resolve this conflict", "version requirements conflict"}};

std::optional<Diagnosis> resolver(const Case& of) {
  if (!is_of_cargo(of)) return std::nullopt;
  auto text = all_words_of(of.error);
  if (of.error.message.starts_with("build script of `")) return std::nullopt;
  for (const auto& refusal : kRefusals) {
    if (!contains(text, refusal.sign)) continue;
    auto out = refused(of, Cause::resolver_failed, Confidence::certain, std::string(refusal.title));
    out.subject = quoted(text);
    if (refusal.sign == "links to the native library `") out.subject = between(text, refusal.sign, "`");
    auto words = split_words(out.subject);  // `name = "^1"`, `name v1.0.0 (/path)`
    if (!words.empty()) out.subject = words.front();
    if (contains(out.subject, "/") || contains_any(refusal.sign, {"lock", "--frozen", "to be updated"}))
      out.subject = "Cargo.lock";
    if (!out.subject.empty()) out.title += ": `" + out.subject + "`";
    // A newer cargo reads it.
    if (contains(refusal.title, "newer cargo")) out.fault = Fault::toolchain;
    if (auto user = between(text, "required by package `", "`"); !user.empty()) blame(out, user);
    say(out, text, refusal.sign);
    say(out, text, "versions that meet the requirements");
    say(out, text, "required by package");
    say(out, text, "previously selected package");
    if (out.subject == "Cargo.lock")
      out.mends.push_back(mend(MendKind::command, "cargo update --workspace"));
    else
      out.mends.push_back(mend(MendKind::command, "cargo update"));
    out.mends.push_back(
        mend(MendKind::matrix, "lockfile: latest   # or `shipped`, `minimal`; see what each gives"));
    return out;
  }
  return std::nullopt;
}

constexpr std::array<Rule, 3> table{feature_unknown, files_missing, resolver};

}  // namespace

std::span<const Rule> resolver_rules() { return table; }

}  // namespace tripled::diagnosis
