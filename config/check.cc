#include "config/check.h"

#include <set>

#include "config/axis.h"
#include "schema/base/text.h"

namespace tripled::config {
namespace {

void visit_axes(const std::vector<Axis>& axes, const std::function<void(const Patch&)>& visit) {
  for (const auto& axis : axes)
    for (const auto& value : axis.values) visit(value.settings);
}

void visit_axis_exprs(const std::vector<Axis>& axes, const std::function<void(const Expr&)>& visit) {
  for (const auto& axis : axes)
    for (const auto& value : axis.values) {
      if (value.expr) visit(*value.expr);
      if (value.where) visit(*value.where);
    }
}

void visit_group_exprs(const Group& group, const std::function<void(const Expr&)>& visit) {
  visit_axis_exprs(group.axes, visit);
  for (const auto& row : group.exclude) visit(row.when);
  for (const auto& row : group.include) {
    visit_axis_exprs(row.axes, visit);
    if (row.where) visit(*row.where);
  }
  for (const auto& rule : group.rules) visit(rule.match);
}

void add_axes(const Group& group, std::set<std::string>& names) {
  for (const auto& axis : group.axes) names.insert(axis.name);
}

std::set<std::string> general_names() {
  std::set<std::string> names{"group", "channel"};
  names.insert(known_axes().begin(), known_axes().end());
  return names;
}

Status check_names(const Expr& expr, const std::set<std::string>& names) {
  for (const auto& test : expr.axis_tests()) {
    if (names.count(test.axis)) continue;
    std::string message = "there is no axis `" + test.axis + "`";
    if (auto near = nearest(test.axis, {names.begin(), names.end()}))
      message += "; did you mean `" + *near + "`?";
    return error_at(test.place, message);
  }
  return {};
}

// What a written toolchain stands for.
const std::string& spec_of(const Matrix& matrix, const std::string& written) {
  auto known = matrix.toolchains.find(written);
  return known == matrix.toolchains.end() ? written : known->second;
}

Status check_assignment(const Matrix& matrix, const Assignment& a) {
  if (a.key == "lockfile" && a.value == "shipped" && matrix.project.source.crate.empty())
    return error_at(a.place, "`lockfile: shipped` is for a project whose source is a `crate`");
  bool each = (a.key == "features" || a.key == "packages") && a.value == "each";
  if (each && matrix.project.source.path.empty())
    return error_at(a.place,
                    "`" + a.key +
                        ": each` is for a project whose source is a `path`: the manifests "
                        "of a `git` or `crate` source are not there yet when the cells are made; name "
                        "the " +
                        a.key);
  if (a.key == "toolchain" && matrix.project.source.path.empty() && spec_of(matrix, a.value) == "msrv")
    return error_at(a.place,
                    "`toolchain: msrv` is for a project whose source is a `path`: the rust-version "
                    "of a `git` or `crate` source is not known yet when the cells are made; write "
                    "the version, such as 1.85");
  if (a.key != "toolchain" || matrix.toolchains.count(a.value) || is_toolchain_spec(a.value)) return {};
  std::vector<std::string> names{"stable", "beta", "nightly", "msrv", "system"};
  for (const auto& [name, spec] : matrix.toolchains) names.push_back(name);
  std::string message = "unknown toolchain `" + a.value + "`";
  if (auto near = nearest(a.value, names)) message += "; did you mean `" + *near + "`?";
  return error_at(
      a.place,
      message + " (a name of `toolchains:`, stable, 1.85, nightly-2026-08-20, msrv, system, a path)");
}

}  // namespace

void for_each_patch(const Matrix& matrix, const std::function<void(const Patch&)>& visit) {
  visit(matrix.defaults);
  for (const auto& rule : matrix.rules) visit(rule.settings);
  for (const auto& group : matrix.groups) {
    visit(group.settings);
    visit_axes(group.axes, visit);
    for (const auto& rule : group.rules) visit(rule.settings);
    for (const auto& row : group.include) {
      visit_axes(row.axes, visit);
      visit(row.settings);
    }
  }
}

void for_each_expr(const Matrix& matrix, const std::function<void(const Expr&)>& visit) {
  for (const auto& rule : matrix.rules) visit(rule.match);
  for (const auto& group : matrix.groups) visit_group_exprs(group, visit);
}

Status check_axes(const Expr& expr, const Matrix& matrix) {
  auto names = general_names();
  for (const auto& group : matrix.groups) add_axes(group, names);
  return check_names(expr, names);
}

Status check_matrix(const Matrix& matrix) {
  Status status;
  for_each_patch(matrix, [&](const Patch& patch) {
    for (const auto& assignment : patch.assignments)
      if (status) status = check_assignment(matrix, assignment);
  });
  for (const auto& rule : matrix.rules)
    if (status) status = check_axes(rule.match, matrix);
  for (const auto& group : matrix.groups) {
    auto names = general_names();
    add_axes(group, names);
    visit_group_exprs(group, [&](const Expr& expr) {
      if (status) status = check_names(expr, names);
    });
  }
  return status;
}

}  // namespace tripled::config
