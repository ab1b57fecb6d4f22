#include "config/matrix.h"

#include <algorithm>
#include <cctype>

#include "config/axis.h"
#include "config/check.h"
#include "config/settings_read.h"
#include "schema/base/file.h"
#include "schema/base/text.h"

namespace tripled::config {
namespace {

bool digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_date(std::string_view text) {  // 2026-08-20
  return text.size() == 10 && text[4] == '-' && text[7] == '-' && digits(text.substr(0, 4)) &&
         digits(text.substr(5, 2)) && digits(text.substr(8));
}

const char* kToolchainForms = "stable, beta, nightly, nightly-2026-08-20, 1.85, msrv, system, or a path";

Status read_optional(const Node& map, bool& out) {
  if (const Entry* entry = map.find("optional")) {
    TRIPLED_ASSIGN(out, read_bool(*entry));
  }
  return {};
}

// --- project
// -------------------------------------------------------------------------------------------------------

Status read_source(const Entry& entry, ProjectSource& source) {
  TRIPLED_TRY(expect_map(entry, "{path: .}"));
  const Node& map = entry.value;
  TRIPLED_TRY(check_keys(map, {"path", "git", "rev", "submodules", "crate", "version"}, "`source`"));
  source.path.clear();
  int kinds = 0;
  for (const auto& part : map.entries) {
    if (part.key == "submodules") {
      TRIPLED_ASSIGN(source.submodules, read_bool(part));
      continue;
    }
    TRIPLED_ASSIGN(auto text, read_text(part));
    if (text.front() == '-') return error_at(part.value.place, "`" + part.key + "` cannot begin with `-`");
    if (part.key == "path" || part.key == "git" || part.key == "crate") ++kinds;
    if (part.key == "path") source.path = text;
    if (part.key == "git") source.git = text;
    if (part.key == "rev") source.rev = text;
    if (part.key == "crate") source.crate = text;
    if (part.key == "version") source.version = text;
  }
  if (kinds != 1) return error_at(map.place, "`source` is exactly one of `path`, `git` or `crate`");
  auto belongs = [&](const char* key, const char* to, bool there) -> Status {
    const Entry* found = map.find(key);
    if (found && !there)
      return error_at(found->key_place, std::string("`") + key + "` belongs to `" + to + "`");
    return {};
  };
  TRIPLED_TRY(belongs("rev", "git", !source.git.empty()));
  TRIPLED_TRY(belongs("submodules", "git", !source.git.empty()));
  TRIPLED_TRY(belongs("version", "crate", !source.crate.empty()));
  if (!source.crate.empty() && source.version.empty())
    return error_at(map.place, "`source` names a crate without its `version`");
  return {};
}

Status read_project(const Entry& entry, Project& project) {
  TRIPLED_TRY(expect_map(entry, "{name: demo, source: {path: .}}"));
  TRIPLED_TRY(check_keys(entry.value, {"name", "source"}, "`project`"));
  if (const Entry* name = entry.value.find("name")) {
    TRIPLED_ASSIGN(project.name, read_text(*name));
    auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    if (std::any_of(project.name.begin(), project.name.end(), is_control))
      return error_at(name->value.place, "a project's name is one line of text without control characters");
  }
  if (const Entry* source = entry.value.find("source")) TRIPLED_TRY(read_source(*source, project.source));
  return {};
}

Status read_toolchains(const Entry& entry, std::map<std::string, std::string>& out) {
  TRIPLED_TRY(expect_map(entry, "{today: stable, old: msrv}"));
  for (const auto& part : entry.value.entries) {
    TRIPLED_ASSIGN(auto spec, read_text(part));
    if (!is_toolchain_spec(spec))
      return error_at(part.value.place, "`" + spec + "` is not a toolchain: " + kToolchainForms);
    out[part.key] = spec;
  }
  return {};
}

// --- rows
// ----------------------------------------------------------------------------------------------------------

Status expect_list(const Entry& entry, const char* example) {
  if (entry.value.is_sequence()) return {};
  return wrong_kind(entry.value, entry.key, std::string("a list such as `[") + example + "]`");
}

Result<Exclude> read_exclude(const Node& row) {
  if (!row.is_map())
    return wrong_kind(row, "exclude", "rows such as `{when: 'triple = s390x-*', reason: \"#123\"}`");
  TRIPLED_TRY(check_keys(row, {"when", "reason", "optional"}, "an exclude row"));
  const Entry* when = row.find("when");
  const Entry* reason = row.find("reason");
  if (!when) return error_at(row.place, "an exclude row lacks `when`");
  if (!reason) return error_at(row.place, "an exclude row lacks a `reason`");
  TRIPLED_ASSIGN(auto expr, parse_expr(when->value));
  Exclude out{std::move(expr), "", false, row.place};
  TRIPLED_ASSIGN(out.reason, read_text(*reason));
  TRIPLED_TRY(read_optional(row, out.optional));
  return out;
}

Result<Rule> read_rule(const Node& row) {
  if (!row.is_map()) return wrong_kind(row, "rules", "rows such as `{match: emulated, timeout: 20m}`");
  const Entry* match = row.find("match");
  if (!match) return error_at(row.place, "a rule lacks `match`");
  TRIPLED_ASSIGN(auto expr, parse_expr(match->value));
  Rule out{std::move(expr), {}, false, row.place};
  TRIPLED_ASSIGN(out.settings, read_settings(row, {"match", "optional"}, "a rule"));
  for (const auto& assignment : out.settings.assignments) {
    const Entry* written = row.find(assignment.key);
    if (!written) continue;
    bool list_of_scopes = assignment.key == "scope" && written->value.is_sequence();
    if (list_of_scopes || (assignment.value == "each" && assignment.key != "scope"))
      return error_at(assignment.place,
                      "a rule cannot make an axis: give `" + assignment.key + "` one value");
  }
  if (out.settings.assignments.empty() && !out.settings.when)
    return error_at(row.place, "a rule without a setting");
  TRIPLED_TRY(read_optional(row, out.optional));
  return out;
}

const Axis* find_axis(const Group& group, const std::string& name) {
  for (const auto& axis : group.axes)
    if (axis.name == name) return &axis;
  return nullptr;
}

Result<Include> read_include(const Node& row, const Group& group) {
  if (!row.is_map())
    return wrong_kind(row, "include", "rows such as `{triple: aarch64-apple-darwin, stages: [check]}`");
  Include out;
  out.place = row.place;
  std::vector<std::string> axis_keys = known_axes();
  for (const auto& axis : group.axes)
    if (!is_known_axis(axis.name)) axis_keys.push_back(axis.name);
  // In the order of the group's axes, then as the row has them: ids of a group read alike.
  for (const auto& axis : group.axes)
    if (const Entry* entry = row.find(axis.name)) {
      TRIPLED_ASSIGN(auto values, read_row_axis(*entry, &axis));
      out.axes.push_back(std::move(values));
    }
  for (const auto& entry : row.entries) {
    if (!is_known_axis(entry.key) || find_axis(group, entry.key)) continue;
    TRIPLED_ASSIGN(auto values, read_row_axis(entry, nullptr));
    out.axes.push_back(std::move(values));
  }
  auto others = axis_keys;
  others.insert(others.end(), {"where", "optional"});
  TRIPLED_ASSIGN(out.settings, read_settings(row, others, "an include row"));
  if (!row.find("triple")) return error_at(row.place, "an include row lacks `triple`");
  if (const Entry* where = row.find("where")) {
    TRIPLED_ASSIGN(auto expr, parse_expr(where->value));
    out.where = std::move(expr);
  }
  TRIPLED_TRY(read_optional(row, out.optional));
  return out;
}

Status read_rules(const Entry& entry, std::vector<Rule>& out) {
  TRIPLED_TRY(expect_list(entry, "{match: emulated, timeout: 20m}"));
  for (const auto& row : entry.value.items) {
    TRIPLED_ASSIGN(auto rule, read_rule(row));
    out.push_back(std::move(rule));
  }
  return {};
}

const std::vector<std::string> kGroupKeys{"axes", "exclude", "include", "rules"};
const std::vector<std::string> kFileKeys{"tripled",  "project", "toolchains",
                                         "defaults", "groups",  "reference"};

// `others`: keys of the file's top level, when the file is one group.
Result<Group> read_group(const Node& map, std::string name, const Place& place,
                         std::vector<std::string> others) {
  Group group{std::move(name), place, {}, {}, {}, {}, {}};
  others.insert(others.end(), kGroupKeys.begin(), kGroupKeys.end());
  auto what = group.name.empty() ? std::string("the matrix") : "group `" + group.name + "`";
  TRIPLED_ASSIGN(group.settings, read_settings(map, others, what));
  if (const Entry* axes = map.find("axes")) {
    TRIPLED_TRY(expect_map(*axes, "{triple: [x86_64-unknown-linux-gnu]}"));
    for (const auto& entry : axes->value.entries) {
      TRIPLED_ASSIGN(auto axis, read_axis(entry));
      group.axes.push_back(std::move(axis));
    }
    if (!group.axes.empty() && !find_axis(group, "triple"))
      return error_at(axes->key_place, "`axes` lacks `triple`");
  }
  if (const Entry* rows = map.find("exclude")) {
    TRIPLED_TRY(expect_list(*rows, "{when: 'triple = s390x-*', reason: \"#123\"}"));
    for (const auto& row : rows->value.items) {
      TRIPLED_ASSIGN(auto exclude, read_exclude(row));
      group.exclude.push_back(std::move(exclude));
    }
  }
  if (const Entry* rows = map.find("include")) {
    TRIPLED_TRY(expect_list(*rows, "{triple: aarch64-apple-darwin, stages: [check]}"));
    for (const auto& row : rows->value.items) {
      TRIPLED_ASSIGN(auto include, read_include(row, group));
      group.include.push_back(std::move(include));
    }
  }
  if (const Entry* rules = map.find("rules")) TRIPLED_TRY(read_rules(*rules, group.rules));
  if (group.axes.empty() && group.include.empty())
    return error_at(place, what + " has neither `axes` nor `include`: write `axes: {triple: […]}`");
  return group;
}

Status read_groups(const Entry& entry, Matrix& matrix) {
  TRIPLED_TRY(expect_map(entry, "{main: {axes: {triple: […]}}}"));
  for (const auto& part : entry.value.entries) {
    bool word = !part.key.empty();
    for (char c : part.key)
      word = word && (std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-');
    if (!word)
      return error_at(part.key_place, "`" + part.key + "` is not a group name: letters, digits, `-` and `_`");
    if (!part.value.is_map())
      return wrong_kind(part.value, part.key, "a map such as `{axes: {triple: […]}}`");
    TRIPLED_ASSIGN(auto group, read_group(part.value, part.key, part.key_place, {}));
    matrix.groups.push_back(std::move(group));
  }
  if (matrix.groups.empty()) return error_at(entry.key_place, "`groups` is empty");
  return {};
}

Status read_file_groups(const Node& root, Matrix& matrix) {
  const Entry* groups = root.find("groups");
  if (!groups) {
    TRIPLED_ASSIGN(auto group, read_group(root, "", root.place, kFileKeys));
    matrix.groups.push_back(std::move(group));
    return {};
  }
  for (const auto& entry : root.entries) {
    bool own =
        entry.key == "rules" || std::find(kFileKeys.begin(), kFileKeys.end(), entry.key) != kFileKeys.end();
    if (own) continue;
    bool belongs = std::find(kGroupKeys.begin(), kGroupKeys.end(), entry.key) != kGroupKeys.end();
    if (belongs)
      return error_at(entry.key_place, "`" + entry.key + "` beside `groups`: it belongs into a group");
    if (is_setting_key(entry.key))
      return error_at(entry.key_place,
                      "`" + entry.key + "` beside `groups`: write it into `defaults` or a group");
    auto known = kFileKeys;
    known.push_back("rules");
    return unknown_key(entry, known, "the matrix");
  }
  if (const Entry* rules = root.find("rules")) TRIPLED_TRY(read_rules(*rules, matrix.rules));
  return read_groups(*groups, matrix);
}

Status check_version(const Node& root, const std::string& file) {
  const Entry* version = root.find("tripled");
  if (!version) return config_error(file + ":1:1: not a matrix: `tripled: 1` is missing");
  if (!version->value.is_scalar() || version->value.scalar != "1")
    return error_at(version->value.place, "matrix language " + describe(version->value) +
                                              " is not implemented in this version: it reads `tripled: 1`");
  return {};
}

Status read_file(const Node& root, Matrix& matrix) {
  if (!root.is_map())
    return error_at(root.place, "a matrix is a map that begins with `tripled: 1`, found " + describe(root));
  TRIPLED_TRY(check_version(root, matrix.file));
  matrix.project.source.path = ".";
  if (const Entry* project = root.find("project")) TRIPLED_TRY(read_project(*project, matrix.project));
  if (const Entry* toolchains = root.find("toolchains"))
    TRIPLED_TRY(read_toolchains(*toolchains, matrix.toolchains));
  if (const Entry* defaults = root.find("defaults")) {
    TRIPLED_TRY(expect_map(*defaults, "{lockfile: locked}"));
    TRIPLED_ASSIGN(matrix.defaults, read_settings(defaults->value, {}, "`defaults`"));
  }
  if (const Entry* reference = root.find("reference")) {
    TRIPLED_ASSIGN(matrix.reference, read_text(*reference));
  }
  return read_file_groups(root, matrix);
}

}  // namespace

bool is_toolchain_spec(std::string_view text) {
  if (text == "msrv" || text == "system") return true;
  if (contains(text, "/")) return true;
  for (std::string_view channel : {"stable", "beta", "nightly"}) {
    if (text == channel) return true;
    if (text.substr(0, channel.size()) == channel && text.substr(channel.size(), 1) == "-")
      return is_date(text.substr(channel.size() + 1));
  }
  return parse_version(text).size() >= 2 && text.find_first_not_of("0123456789.") == std::string_view::npos;
}

Result<Matrix> parse_matrix(std::string_view text, const std::string& file) {
  TRIPLED_ASSIGN(Node root, read_yaml(text, file));
  Matrix matrix;
  matrix.file = file;
  TRIPLED_TRY(read_file(root, matrix));
  TRIPLED_TRY(check_matrix(matrix));
  return matrix;
}

Result<Matrix> load_matrix(const std::filesystem::path& path) {
  auto text = tripled::read_file(path, YamlLimits{}.bytes);
  if (!text) return config_error(text.error().message());
  TRIPLED_ASSIGN(auto matrix, parse_matrix(*text, path.string()));
  matrix.directory = std::filesystem::absolute(path).parent_path().lexically_normal().string();
  auto& source = matrix.project.source;
  if (source.path.empty() || !path.has_parent_path()) return matrix;
  source.path = (path.parent_path() / source.path).lexically_normal().string();
  if (source.path.size() > 1 && source.path.back() == '/') source.path.pop_back();
  return matrix;
}

}  // namespace tripled::config
