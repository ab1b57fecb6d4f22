// std that is missing or does not build, triples that this rustc cannot do; unstable features, MSRV,
// editions.
#include <algorithm>
#include <array>

#include "daemon/diagnosis/causes/rules.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

Diagnosis of_toolchain(const Case& of, Cause cause, Confidence confidence, std::string title) {
  auto out = found(of, cause, confidence);
  out.fault = Fault::toolchain;
  out.title = std::move(title);
  auto rustc = of.evidence.versions.find("rustc");
  if (rustc != of.evidence.versions.end()) out.evidence.push_back({"versions", "", 0, 0, rustc->second});
  return out;
}

std::string rule_line(const Case& of, const std::string& setting) {
  return "rules: [{match: \"triple = " + of.evidence.cell.triple + "\", " + setting + "}]";
}

// A setup stands for several cells: its words name the triple.
std::string triple_of(const Case& of) {
  if (!of.evidence.cell.triple.empty()) return of.evidence.cell.triple;
  auto words = split_words(of.error.message);
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    if (words[i] == "for" && contains(words[i + 1], "-"))
      return words[i + 1].substr(0, words[i + 1].find_first_of(",:;"));
  return "this triple";
}

bool is_std_crate(std::string_view name) {
  static constexpr std::array<std::string_view, 7> crates{"std",          "core",       "alloc",      "test",
                                                          "panic_unwind", "proc_macro", "panic_abort"};
  return std::find(crates.begin(), crates.end(), name) != crates.end();
}

// E0463: can't find crate for `std`; note: the `T` target may not be installed / may not support the
// standard library.
std::optional<Diagnosis> no_std_here(const Case& of) {
  if (of.error.code != "E0463") return std::nullopt;
  auto crate = quoted(of.error.message);
  if (!is_std_crate(crate)) return std::nullopt;
  auto text = words_of(of.error);
  auto triple = of.evidence.cell.triple;
  auto out =
      of_toolchain(of, Cause::std_missing, Confidence::certain, "there is no `" + crate + "` for " + triple);
  out.subject = crate;
  bool never =
      contains(text, "may not support the standard library") || of.evidence.cell.settings.std == "core";
  if (crate != "core" && never) {
    out.fault = author(of.failure);
    out.title = "`" + of.failure.package + "` needs std; " + triple + " has core and alloc alone";
    out.mends.push_back(mend(MendKind::rust, of.error.file.empty() ? "#![no_std]   // at the crate's root"
                                                                   : of.error.file + ":1: #![no_std]"));
    out.mends.push_back(
        mend(MendKind::matrix, "exclude: [{match: \"triple = " + triple + "\", reason: \"needs std\"}]"));
    return out;
  }
  out.mends.push_back(mend(MendKind::command, "rustup target add " + triple));
  out.mends.push_back(mend(MendKind::matrix, rule_line(of, "std: build")));
  return out;
}

// Words of the worker that set the cell up (its preflight), when nothing was compiled.
std::optional<Diagnosis> std_of_setup(const Case& of) {
  if (!of.failure.package.empty() || of.in_source()) return std::nullopt;
  const auto& text = of.error.message;
  if (contains_any(text, {"std itself does not compile for", "std cannot be built for",
                          "a build script of std fails for", "rustc crashes on std for",
                          "build scripts of std need"})) {
    auto out = of_toolchain(of, Cause::std_does_not_build, Confidence::certain,
                            "std cannot be built for " + triple_of(of));
    if (contains(text, "rustc crashes on std for")) out.cause = Cause::compiler_crash;
    if (contains(text, "build scripts of std need")) out.fault = Fault::environment;
    out.subject = "std";
    if (!of.evidence.broken_fix.empty()) out.mends.push_back(mend(MendKind::command, of.evidence.broken_fix));
    out.mends.push_back(mend(MendKind::matrix, rule_line(of, "std: core") + "   # for a no_std package"));
    return out;
  }
  if (contains_any(text, {"no std for ", "no core for ", "has no std for", "std is not installed",
                          "rust-src is incomplete", "no rust-src"})) {
    auto out = of_toolchain(of, Cause::std_missing, Confidence::likely,
                            "there is no std for " + of.evidence.cell.triple);
    out.subject = "std";
    if (!of.evidence.broken_fix.empty()) out.mends.push_back(mend(MendKind::command, of.evidence.broken_fix));
    out.mends.push_back(mend(MendKind::command, "rustup target add " + of.evidence.cell.triple));
    return out;
  }
  return std::nullopt;
}

std::optional<Diagnosis> target_spec(const Case& of) {
  if (of.in_source()) return std::nullopt;
  auto text = all_words_of(of.error);
  for (std::string_view sign :
       {"error loading target specification", "could not find specification for target",
        "could not create LLVM TargetMachine", "No available targets are compatible with triple",
        "this rustc cannot compile for ", "data-layout for target", "unable to create target machine",
        "Unable to find target for this triple", "requires explicitly specifying a cpu"}) {
    if (!contains(text, sign)) continue;
    auto out = of_toolchain(of, Cause::target_spec_unsupported, Confidence::certain,
                            "this rustc cannot compile for " + triple_of(of));
    out.subject = triple_of(of);
    out.evidence.push_back(log_item(line_with(text, sign)));
    out.mends.push_back(mend(MendKind::command, "rustc --print target-list"));
    out.mends.push_back(mend(MendKind::matrix, rule_line(of, "toolchain: …") + "   # one that knows it"));
    return out;
  }
  return std::nullopt;
}

// Compiled by another rustc or against another std: nothing of the code is wrong.
std::optional<Diagnosis> stale(const Case& of) {
  if (!of.is_one_of({"E0514", "E0460", "E0461", "E0786"})) return std::nullopt;
  auto out = found(of, Cause::unknown, Confidence::likely);
  out.fault = Fault::environment;
  out.subject = "target dir";
  out.title = "the target dir holds what another toolchain or std made: " + of.error.message;
  out.mends.push_back(mend(MendKind::command, "cargo clean"));
  return out;
}

constexpr std::array<Rule, 4> table{no_std_here, target_spec, std_of_setup, stale};

// --- age of the toolchain

bool runs_nightly(const Case& of) {
  auto rustc = of.evidence.versions.find("rustc");
  return rustc != of.evidence.versions.end() && contains(rustc->second, "-nightly");
}

// E0658 names the feature or an issue; E0554: `#![feature]` on a stable release.
std::optional<Diagnosis> unstable(const Case& of) {
  if (!of.is_one_of({"E0658", "E0554", "E0725"})) return std::nullopt;
  auto out = of_toolchain(of, Cause::toolchain_too_old,
                          of.error.code == "E0554" ? Confidence::certain : Confidence::likely, "");
  auto feature = quoted(of.error.message);
  if (feature.empty()) feature = between(of.error.message, "'", "'");  // before rustc 1.79
  out.fault = author(of.failure);
  out.subject = of.error.code == "E0554" ? "feature" : feature;
  out.title = of.error.code == "E0554"
                  ? "`" + of.failure.package + "` asks for a nightly compiler (#![feature])"
                  : "`" + feature + "` is not stable in this toolchain: a newer one, or nightly, has it";
  if (runs_nightly(of)) out.confidence = Confidence::guess;
  out.mends.push_back(mend(MendKind::matrix, rule_line(of, "toolchain: nightly") + "   # or a newer stable"));
  return out;
}

std::optional<Diagnosis> msrv(const Case& of) {
  if (of.in_source()) return std::nullopt;
  auto text = all_words_of(of.error);
  std::string wants;
  for (auto [before, after] : {std::pair{"requires rustc ", " or newer"}, std::pair{"requires rustc ", "\n"},
                               std::pair{"requires rustc ", ","}, std::pair{"or newer than rustc ", "\n"}}) {
    wants = between(text + "\n", before, after);
    if (!wants.empty() && wants.size() < 24) break;
    wants.clear();
  }
  bool edition = contains_any(text, {"this version of Cargo is older than the `", "feature `edition20"});
  bool syntax = contains(text, "The package requires the Cargo feature called `");
  if (wants.empty() && !edition && !syntax && !contains(text, "is not supported by the following package"))
    return std::nullopt;
  auto out = of_toolchain(of, Cause::toolchain_too_old, Confidence::certain, "");
  auto about = split_words(line_with(text, "requires rustc"));
  auto package = about.empty() ? std::string() : about.front();
  if (auto at = package.find('@'); at != std::string::npos) {
    out.package = package.substr(0, at);
    out.version = package.substr(at + 1);
  }
  out.subject = edition ? "edition " + between(text, "older than the `", "`") : "rustc " + wants;
  out.title = edition  ? "this cargo does not know the edition that a manifest asks for"
              : syntax ? "a manifest asks for a feature of cargo that this one lacks"
                       : "a package asks for rustc " + wants + " or newer";
  out.evidence.push_back(log_item(line_with(text, edition ? "older than the" : "requires rustc")));
  out.mends.push_back(mend(
      MendKind::matrix, rule_line(of, wants.empty() ? "toolchain: stable" : "toolchain: \"" + wants + "\"")));
  if (!out.package.empty())
    out.mends.push_back(mend(MendKind::pin, "cargo update -p " + out.package +
                                                " --precise …   # the newest that " +
                                                "this rustc can compile; or `lockfile: msrv`"));
  return out;
}

// std has the item in newer versions, perhaps: rustc says nothing more than that it is not there.
std::optional<Diagnosis> std_item(const Case& of) {
  auto path = missing_path(of.error);
  auto segments = path_segments(path);
  if (segments.size() < 2) return std::nullopt;
  bool std = segments.front() == "std" || segments.front() == "core" || segments.front() == "alloc";
  if (!std || contains(words_of(of.error), "configured out")) return std::nullopt;
  if (segments[1] == "os" || segments[1] == "arch") return std::nullopt;
  auto out = of_toolchain(of, Cause::toolchain_too_old, Confidence::guess,
                          "this toolchain's `" + segments.front() + "` has no `" + path + "`");
  out.fault = author(of.failure);
  out.subject = path;
  out.mends.push_back(mend(MendKind::matrix, rule_line(of, "toolchain: stable")));
  return out;
}

constexpr std::array<Rule, 3> age{unstable, msrv, std_item};

}  // namespace

std::span<const Rule> toolchain_rules() { return table; }
std::span<const Rule> age_rules() { return age; }

}  // namespace tripled::diagnosis
