#include "config/repository_limits.h"

#include <filesystem>

#include "config/narrow.h"
#include "schema/base/text.h"

namespace tripled::config {
namespace {

class Check {
 public:
  explicit Check(const RepositoryLimits& limits) : limits_(limits) {}

  Status matrix(const Matrix& matrix) const {
    TRIPLED_TRY(source(matrix));
    TRIPLED_TRY(patch(matrix.defaults));
    TRIPLED_TRY(rules(matrix.rules));
    for (const auto& group : matrix.groups) {
      TRIPLED_TRY(patch(group.settings));
      TRIPLED_TRY(axes(group.axes));
      for (const auto& row : group.include) {
        TRIPLED_TRY(axes(row.axes));
        TRIPLED_TRY(patch(row.settings));
      }
      TRIPLED_TRY(rules(group.rules));
    }
    return {};
  }

 private:
  static Status source(const Matrix& matrix) {
    const auto& source = matrix.project.source;
    auto root = (std::filesystem::path(matrix.file).parent_path() / source.path).lexically_normal();
    // `.` is what nobody wrote, too.
    bool root_said = source.path == "." || root.empty() || root == "." || root == "./";
    bool own = source.git.empty() && source.crate.empty() && root_said;
    if (own) return {};
    return config_error(
        matrix.file + ": `project: source` names other sources than the repository it lies in: leave it out");
  }

  Status rules(const std::vector<Rule>& all) const {
    for (const auto& rule : all) TRIPLED_TRY(patch(rule.settings));
    return {};
  }

  Status axes(const std::vector<Axis>& all) const {
    for (const auto& axis : all)
      for (const auto& value : axis.values) TRIPLED_TRY(patch(value.settings));
    return {};
  }

  Status patch(const Patch& patch) const {
    for (const auto& assignment : patch.assignments) {
      if (assignment.key.starts_with("env.")) TRIPLED_TRY(variable(assignment));
      if (assignment.key == "worker") TRIPLED_TRY(labels(assignment));
    }
    return {};
  }

  Status variable(const Assignment& assignment) const {
    auto name = assignment.key.substr(4);
    if (matches_any(limits_.environment, name)) return {};
    return error_at(assignment.place, "`env: " + name +
                                          "` is not among the variables that the project lets " +
                                          "the matrix in its repository set" + list(limits_.environment));
  }

  Status labels(const Assignment& assignment) const {
    Working said;
    assignment.apply(said);
    for (const auto& label : said.settings.worker_labels)
      if (!matches_any(limits_.pools, label))
        return error_at(assignment.place, "`worker: " + label + "` is not among the pools that the project " +
                                              "lets the matrix in its repository ask for" +
                                              list(limits_.pools));
    return {};
  }

  static std::string list(const std::vector<std::string>& allowed) {
    return allowed.empty() ? ": none" : ": " + join(allowed, ", ");
  }

  const RepositoryLimits& limits_;
};

}  // namespace

Status check_limits(const Matrix& matrix, const RepositoryLimits& limits) {
  return Check(limits).matrix(matrix);
}

}  // namespace tripled::config
