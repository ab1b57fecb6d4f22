// The one vocabulary of settings that every level of a matrix uses (MATRIX.md, "Settings"): a table of keys,
// each with its reader, its printer and its merge rule. Reading happens once, when a file is loaded, so that
// every error has its place; applying happens once per cell. Pure; any thread.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/located.h"
#include "schema/model/cell.h"

namespace tripled::config {

// Later wins (MATRIX.md).
enum class Level { builtin, defaults, group, axis, rule, include };

// What `scope`, `packages`, `exclude-packages`, `features` and `default-features` said, each with the level
// that said it: a later `scope` replaces all of an earlier level, the others replace their own kind.
struct Selection {
  template <class T>
  struct Part {
    T value{};
    Level level = Level::builtin;
  };
  Part<std::vector<std::string>> scope, packages, exclude, features;
  Part<bool> workspace, all_features;
  Part<std::optional<bool>> default_features;

  std::vector<std::string> words() const;  // cargo's own
};

// Why these are not cargo's words for packages, features and targets, with what to write instead; empty when
// they are.
std::string scope_problem(const std::vector<std::string>& words);

// The same for `cargo-args`: what a key of its own says.
std::string cargo_args_problem(const std::vector<std::string>& words);

// A value that stands for several cells: a list of scopes, `features: each`, `packages: each`.
struct Fan {
  std::vector<std::string> names;  // coordinates; of an `each` filled in by the expansion
  bool each = false;
  Level level = Level::builtin;
  Place place;
};

// A cell's settings while levels are applied to it. The first pass over the levels collects `fans`, the
// second takes one alternative of each.
struct Working {
  struct Choice {
    std::size_t index = 0;
    std::string name;
  };
  CellSettings settings;
  Selection selection;
  Level level = Level::builtin;
  const std::map<std::string, std::string>* toolchain_names = nullptr;  // `toolchains:` of the file
  std::string directory;            // of the file: relative paths begin there
  std::map<std::string, Fan> fans;  // by key: scope, packages, features
  std::map<std::string, Choice> choice;
  std::string toolchain_name = "stable";          // as written, before `toolchains:` was looked up
  std::map<std::string, std::string> provenance;  // key -> place(s)
};

// One written setting. `key` is dotted where maps merge by key (`env.QUICK`, `tests.skip`).
struct Assignment {
  std::string key, value;  // value: as written, on one line
  Place place;
  bool appends = false;     // adds to what earlier levels said
  bool coordinate = false;  // made from an axis value, not written as a setting
  std::function<void(Working&)> apply;
};

// `when`: narrows triggered sweeps only; stored, without effect on a sweep from the command line.
struct When {
  bool full = false;
  std::vector<std::string> paths, message, event;
  Place place;
};

struct Patch {
  std::vector<Assignment> assignments;
  std::optional<When> when;
  const Assignment* find(std::string_view key) const;
};

struct SettingKey {
  std::string name, description;
  // Appends what the value says to the patch.
  std::function<Status(const Entry&, Patch&)> read;
};

// All keys, in the order of MATRIX.md.
const std::vector<SettingKey>& setting_keys();
bool is_setting_key(std::string_view key);
std::vector<std::string> setting_names();

// Reads the settings of `map`; keys in `others` belong to the caller and are passed over; any other key that
// is not a setting is an error with the nearest known key. `what` names the map in messages: "a rule".
Result<Patch> read_settings(const Node& map, const std::vector<std::string>& others, const std::string& what);
// The same for one key.
Status read_setting(const Entry& entry, Patch& patch);

// A path that was written in the file of `directory`; a name without `/` stays one, to be looked up on PATH.
std::string path_from(const std::string& directory, const std::string& written);

// Applies one written setting at `level` and writes its provenance.
void apply(const Assignment& assignment, Level level, Working& working);

// The effective value of a (dotted) key as text: `env.QUICK`, `tests.skip`.
std::string setting_text(const CellSettings& settings, const std::string& key);
// Every effective setting in the order of MATRIX.md, merged maps by their own keys.
std::vector<std::pair<std::string, std::string>> setting_rows(const CellSettings& settings);

}  // namespace tripled::config
