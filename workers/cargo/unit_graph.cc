#include "workers/cargo/unit_graph.h"

#include <algorithm>
#include <set>

#include "workers/cargo/json_fields.h"
#include "workers/cargo/package_id.h"

namespace tripled::cargo {

namespace {

struct GraphUnit {
  Unit unit;
  std::string package_id, platform;  // empty platform: the host
  std::vector<std::size_t> needs;
};

struct Graph {
  std::vector<GraphUnit> units;
  std::vector<std::size_t> roots;
};

GraphUnit read_unit(const json::object& object) {
  GraphUnit out;
  out.package_id = text_field(object, "pkg_id");
  out.platform = text_field(object, "platform");
  auto package = parse_package_id(out.package_id);
  const auto& target = object_field(object, "target");
  auto mode = text_field(object, "mode");
  out.unit.package = package.name;
  out.unit.version = package.version;
  out.unit.target = text_field(target, "name");
  out.unit.kind = target_kind(texts_field(target, "kind"));
  out.unit.harness = mode == "test";
  out.unit.host = out.platform.empty();
  if (mode == "doctest") out.unit.kind = "doctest";
  if (mode == "run-custom-build") {  // carries the platform it is run for, but it runs here
    out.unit.kind = "run-custom-build";
    out.unit.host = true;
  }
  for (const auto& item : array_field(object, "dependencies")) {
    if (!item.is_object()) continue;
    boost::system::error_code ec;
    const auto* index = item.get_object().if_contains("index");
    if (!index) continue;
    auto number = index->to_number<std::size_t>(ec);
    if (!ec) out.needs.push_back(number);
  }
  return out;
}

Result<Graph> read_graph(std::string_view text) {
  boost::system::error_code ec;
  auto value = parse_deep(text, ec);
  if (ec || !value.is_object() || !value.get_object().if_contains("units"))
    return Error(ErrorKind::protocol, "cargo's unit graph is not what it was: no `units`");
  const auto& object = value.get_object();
  if (int version = int_field(object, "version"); version != 1)
    return Error(ErrorKind::protocol,
                 "cargo's unit graph has version " + std::to_string(version) + ", known is 1");
  Graph graph;
  for (const auto& item : array_field(object, "units"))
    if (item.is_object()) graph.units.push_back(read_unit(item.get_object()));
  for (const auto& item : array_field(object, "roots")) {
    auto root = item.to_number<std::size_t>(ec);
    if (ec || root >= graph.units.size())
      return Error(ErrorKind::protocol, "cargo's unit graph names a root that is not there");
    graph.roots.push_back(root);
  }
  for (const auto& unit : graph.units)
    for (auto need : unit.needs)
      if (need >= graph.units.size())
        return Error(ErrorKind::protocol, "cargo's unit graph names a dependency that is not there");
  return graph;
}

// Dependencies before dependents, otherwise cargo's order; iterative because graphs are deep. A cycle (there
// is none in cargo's) ends in the order of the indexes.
std::vector<std::size_t> topological(const Graph& graph, const std::vector<bool>& wanted) {
  std::vector<std::size_t> order;
  std::vector<int> state(graph.units.size(), 0);
  for (std::size_t start = 0; start < graph.units.size(); ++start) {
    if (!wanted[start] || state[start] != 0) continue;
    std::vector<std::pair<std::size_t, std::size_t>> stack{{start, 0}};
    state[start] = 1;
    while (!stack.empty()) {
      auto& [at, next] = stack.back();
      const auto& needs = graph.units[at].needs;
      if (next < needs.size()) {
        auto need = needs[next++];
        if (state[need] != 0) continue;
        state[need] = 1;
        stack.emplace_back(need, 0);
      } else {
        order.push_back(at);
        stack.pop_back();
      }
    }
  }
  return order;
}

std::vector<Unit> units_of(const Graph& graph, const std::string& triple,
                           const std::set<std::string>& members) {
  std::vector<bool> wanted(graph.units.size(), false);
  std::vector<std::size_t> todo;
  auto want = [&](std::size_t index) {
    if (wanted[index]) return;
    wanted[index] = true;
    todo.push_back(index);
  };
  for (auto root : graph.roots)
    if (graph.units[root].platform.empty() || graph.units[root].platform == triple) want(root);
  while (!todo.empty()) {
    auto index = todo.back();
    todo.pop_back();
    for (auto need : graph.units[index].needs) want(need);
  }
  auto order = topological(graph, wanted);
  std::vector<int> position(graph.units.size(), -1);
  for (std::size_t i = 0; i < order.size(); ++i) position[order[i]] = static_cast<int>(i);
  std::vector<Unit> out;
  out.reserve(order.size());
  for (auto index : order) {
    Unit unit = graph.units[index].unit;
    unit.member = members.contains(graph.units[index].package_id);
    for (auto need : graph.units[index].needs) unit.needs.push_back(position[need]);
    out.push_back(std::move(unit));
  }
  return out;
}

}  // namespace

Result<std::map<std::string, std::vector<Unit>>> parse_unit_graph(std::string_view text,
                                                                  const std::vector<std::string>& triples) {
  TRIPLED_ASSIGN(Graph graph, read_graph(text));
  std::set<std::string> members;
  for (auto root : graph.roots) members.insert(graph.units[root].package_id);
  std::map<std::string, std::vector<Unit>> out;
  for (const auto& triple : triples) out[triple] = units_of(graph, triple, members);
  return out;
}

std::vector<std::string> doctest_packages(const std::vector<Unit>& units) {
  std::vector<std::string> out;
  for (const auto& unit : units)
    if (unit.kind == "doctest" && unit.member && std::find(out.begin(), out.end(), unit.package) == out.end())
      out.push_back(unit.package);
  return out;
}

}  // namespace tripled::cargo
