// Cargo.toml as text: where a dependency stands and what the file would look like with another line.
// Line-oriented on purpose: a patch shows the lines that people wrote. Pure, thread-safe.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/model/diagnosis.h"

namespace tripled::diagnosis {

struct ManifestEntry {
  std::string table;       // as in the header: target.'cfg(windows)'.dependencies
  std::string key;         // the dependency's name in the manifest
  int from = 0, to = 0;    // lines of the entry, 1-based, `to` included; a table of its own has several
  bool own_table = false;  // [dependencies.foo]
};

class ManifestText {
 public:
  explicit ManifestText(std::string_view text);

  // Every entry of a dependency called `name` (or renamed from it).
  std::vector<ManifestEntry> dependency(std::string_view name) const;
  // The entry as one or more lines.
  std::string text_of(const ManifestEntry& entry) const;
  // The line of `[table]`; 0: there is none.
  int table(std::string_view name) const;

  // `patch -p1` input, for the file's name below the project's root. Empty: nothing would change.
  // With `line` at the end of `table`, which is added to the file where it lacks it.
  std::string with_line(std::string_view file, std::string_view table, std::string_view line) const;
  // With the entry moved to another table, or (`keep`) standing there as well.
  std::string moved(std::string_view file, const ManifestEntry& entry, std::string_view table,
                    bool keep = false) const;
  // With a feature asked for in an entry that is a table of its own.
  std::string with_feature_in_table(std::string_view file, const ManifestEntry& entry,
                                    std::string_view feature) const;
  // With other text in the place of an entry.
  std::string replaced(std::string_view file, const ManifestEntry& entry, std::string_view text) const;

 private:
  std::vector<std::string> lines_;
  bool ends_with_newline_ = true;
};

// A unified diff with three lines of context; empty where both are equal.
std::string unified_diff(std::string_view file, const std::vector<std::string>& before,
                         const std::vector<std::string>& after);

// Adds a feature to the value of an entry in one line (`foo = "1"`, `foo = {version = "1", …}`); nullopt: it
// has another form.
std::optional<std::string> with_feature(std::string_view entry, std::string_view feature);

}  // namespace tripled::diagnosis
