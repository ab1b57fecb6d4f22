// A matrix file as typed values (MATRIX.md): everything written is read and checked here, nothing is expanded
// yet. Pure except load_matrix(), which reads the one file. Any thread.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/expr.h"
#include "config/settings.h"
#include "schema/base/result.h"
#include "schema/model/cell.h"

namespace tripled::config {

struct AxisValue {
  std::string name;  // the coordinate as written; empty for an `expr` of the triple axis
  Place place;
  std::optional<Expr> expr;   // stands for every triple of the toolchain for which it is true
  std::optional<Expr> where;  // exists only there
  Patch settings;  // what the value itself means (toolchain, scope, …) and what is written beside it
};

struct Axis {
  std::string name;
  Place place;
  std::vector<AxisValue> values;
};

struct Exclude {
  Expr when;
  std::string reason;
  bool optional = false;  // may match nothing
  Place place;
};

struct Include {
  std::vector<Axis> axes;  // only those the row names
  std::optional<Expr> where;
  Patch settings;
  bool optional = false;
  Place place;
};

struct Rule {
  Expr match;
  Patch settings;
  bool optional = false;
  Place place;
};

struct Group {
  std::string name;  // empty: the file has no `groups:`
  Place place;
  std::vector<Axis> axes;
  Patch settings;
  std::vector<Exclude> exclude;
  std::vector<Include> include;
  std::vector<Rule> rules;
};

struct Matrix {
  std::string file;
  std::string directory;  // absolute, of the file: where relative paths begin; empty: nowhere, they stay
  Project project;
  std::string reference;                          // triple; empty: the host
  std::map<std::string, std::string> toolchains;  // name -> stable, 1.85, msrv, system, a path …
  Patch defaults;
  std::vector<Rule> rules;  // for all groups, before each group's own
  std::vector<Group> groups;
};

// `file` is the name used in messages. config error `file:line:col: …`, or "file: …".
Result<Matrix> parse_matrix(std::string_view text, const std::string& file);
// Reads the file; `project.source.path` becomes relative to the file's directory, and `directory` is set.
Result<Matrix> load_matrix(const std::filesystem::path& path);

// What `tripled sweep --triple X` means without a file: the project in ".", these triples (names or globs),
// one toolchain.
Result<Matrix> default_matrix(const std::vector<std::string>& triples,
                              const std::string& toolchain = "stable");

// stable, beta, nightly, with or without -YYYY-MM-DD; 1.85, 1.85.1; msrv; system; a path.
bool is_toolchain_spec(std::string_view text);

}  // namespace tripled::config
