// Readers of single values, shared by the files that read settings and structure. Every error names the key,
// what was found and what is allowed. Internal to config/.
#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "config/settings.h"
#include "schema/base/duration.h"

namespace tripled::config {

// `lockfile` is one of as-is, locked, latest
Result<std::string> read_choice(const Entry& entry, const std::vector<std::string>& allowed);
Result<std::string> read_text(const Entry& entry);
Result<std::string> read_text(const Node& node, const std::string& key);
// Text or a list of texts.
Result<std::vector<std::string>> read_texts(const Entry& entry);
// Text, split as a shell would, or a list of words.
Result<std::vector<std::string>> read_words(const Entry& entry);
Result<bool> read_bool(const Entry& entry);
Result<Millis> read_duration(const Entry& entry);
Result<int> read_positive(const Entry& entry);

struct WrittenFlags {
  std::vector<std::string> values;
  bool replace = false;  // {set: […]}
};
Result<WrittenFlags> read_flags(const Entry& entry);

Status expect_map(const Entry& entry, const std::string& example);
// Unknown keys of `map` are an error that names the nearest of `allowed`.
Status check_keys(const Node& map, const std::vector<std::string>& allowed, const std::string& what);
Error unknown_key(const Entry& entry, const std::vector<std::string>& allowed, const std::string& what);
Error unknown_value(const Place& place, const std::string& key, const std::string& value,
                    const std::vector<std::string>& allowed);
// A value of another kind than the key takes; says what was found and how a null may have come about.
Error wrong_kind(const Node& node, const std::string& key, const std::string& wanted);

// Adds an assignment to the patch; `key` differs from the entry's where maps merge by key.
void assign(Patch& patch, const Entry& entry, std::function<void(Working&)> apply);
void assign(Patch& patch, const Entry& entry, const std::string& key, std::function<void(Working&)> apply);

// Readers of the larger settings, by file.
Status read_scope(const Entry& entry, Patch& patch);  // selection.cc: scope, packages, features …
Status read_packages(const Entry& entry, Patch& patch);
Status read_exclude_packages(const Entry& entry, Patch& patch);
Status read_features(const Entry& entry, Patch& patch);
Status read_default_features(const Entry& entry, Patch& patch);
Status read_runner(const Entry& entry, Patch& patch);  // settings_run.cc
Status read_qemu(const Entry& entry, Patch& patch);
Status read_tests(const Entry& entry, Patch& patch);
Status read_profile(const Entry& entry, Patch& patch);
Status read_requires(const Entry& entry, Patch& patch);
Status read_when(const Entry& entry, Patch& patch);
Status read_expect(const Entry& entry, Patch& patch);  // expectation.cc
Status read_allow_failure(const Entry& entry, Patch& patch);

// `must fail at build (#77); may fail or timeout at execute (#78)`
std::string expectations_text(const std::vector<ExpectedFailure>& expected);

}  // namespace tripled::config
