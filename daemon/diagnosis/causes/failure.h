// What rules look at: one failing unit with its errors, one error of it, and words that several rules need.
// Internal to daemon/diagnosis/causes. Pure, thread-safe.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/diagnosis/causes/evidence.h"
#include "daemon/diagnosis/causes/rust_source.h"
#include "schema/model/diagnosis.h"

namespace tripled::diagnosis {

// A unit (or, without one, the job) that failed by itself; what merely waited for it is not here.
struct Failure {
  std::string package, version, target, kind;  // package empty: the job as a whole
  bool harness = false;
  const Package* about = nullptr;  // null: metadata does not know it
  // Sorted: errors that keep others from being found first, then by place. Order of messages has no part.
  std::vector<const Diagnostic*> errors;

  // Somebody else's code: a package from a registry or from git.
  bool foreign() const { return about && !about->member && !about->source.empty(); }
};

// An error as a rule sees it.
struct Case {
  const Evidence& evidence;
  const Failure& failure;
  const Diagnostic& error;
  const Sources& sources;

  // In the code itself: it has a place. Words of cargo, linkers and build scripts have none.
  bool in_source() const { return !error.file.empty() && !error.file.ends_with(".toml"); }
  bool is_one_of(std::initializer_list<std::string_view> codes) const;
};

using Rule = std::optional<Diagnosis> (*)(const Case&);

// With unit, code, the message and the place of the error as evidence.
Diagnosis found(const Case& of, Cause cause, Confidence confidence);
// Who wrote the code of the failing package.
Fault author(const Failure& failure);

// Message and notes, without the linker's command line.
std::string words_of(const Diagnostic& error);
// Those, and rustc's rendering or the whole block of cargo's words.
std::string all_words_of(const Diagnostic& error);

// The n-th text in backquotes; empty: none.
std::string quoted(std::string_view text, int n = 0);
std::string between(std::string_view text, std::string_view before, std::string_view after);
// The whole line that has `part`, trimmed; empty: none.
std::string line_with(std::string_view text, std::string_view part);
bool contains_any(std::string_view text, std::initializer_list<std::string_view> parts);
// As a word of its own.
bool has_word(std::string_view text, std::string_view word);

EvidenceItem span_item(const Span& span, std::string text = "");
EvidenceItem log_item(std::string text);
// The declaration of a dependency in its package's manifest.
EvidenceItem manifest_item(const Evidence& evidence, const Package& package, const Dependency& dependency);
// The manifest's name among the files of the evidence.
std::string manifest_file(const Evidence& evidence, const Package& package);
// The name under which the evidence keeps files of a package: `<crate>-<version>`, or its directory.
std::string shown_directory(const Evidence& evidence, const Package& package);
// The line of a source: from the evidence's files, else from rustc's own rendering.
std::string source_line(const Case& of, const std::string& file, int line);

// The path that could not be resolved, as far as the error says it: `libc::epoll_create1`. The crate or
// module it was looked for in comes first where rustc names it. Empty: not such an error.
std::string missing_path(const Diagnostic& error);
std::vector<std::string> path_segments(std::string_view path);

bool is_among(Cause cause, std::initializer_list<Cause> causes);

Mend mend(MendKind kind, std::string text, std::string patch = "");

}  // namespace tripled::diagnosis
