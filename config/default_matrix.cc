#include "config/matrix.h"
#include "schema/base/text.h"

namespace tripled::config {

static Result<AxisValue> triple_value(const std::string& triple) {
  AxisValue value;
  value.name = triple;
  bool glob = triple.find_first_of("*?[]{}") != std::string::npos;
  for (char c : triple)
    if (std::string_view(" \t'\"(),/").find(c) != std::string_view::npos && !glob)
      return usage_error("--triple: `" + triple + "` is not a triple");
  if (triple.empty()) return usage_error("--triple: empty");
  if (!glob) return value;
  value.name.clear();
  char quote = contains(triple, "'") ? '"' : '\'';
  TRIPLED_ASSIGN(auto expr, parse_expr("triple = " + (quote + triple + quote), "--triple"));
  value.expr = std::move(expr);
  return value;
}

Result<Matrix> default_matrix(const std::vector<std::string>& triples, const std::string& toolchain) {
  Matrix matrix;
  matrix.file = "the command line";
  matrix.project.source.path = ".";
  Axis axis{"triple", {}, {}};
  for (const auto& triple : triples) {
    TRIPLED_ASSIGN(auto value, triple_value(triple));
    axis.values.push_back(std::move(value));
  }
  if (axis.values.empty()) return usage_error("no triple is named: write --triple TRIPLE");
  if (!is_toolchain_spec(toolchain)) return usage_error("`" + toolchain + "` is not a toolchain");
  Assignment chosen;
  chosen.key = "toolchain";
  chosen.value = toolchain;
  chosen.coordinate = true;
  chosen.apply = [toolchain](Working& w) { w.settings.toolchain = w.toolchain_name = toolchain; };
  matrix.defaults.assignments.push_back(std::move(chosen));
  matrix.groups.push_back(Group{"", {}, {std::move(axis)}, {}, {}, {}, {}});
  return matrix;
}

}  // namespace tripled::config
