// Recorded output of real cargo (data/README.md) and the short way through the parsers. For tests of
// workers/cargo only.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "schema/base/file.h"
#include "workers/cargo/messages.h"
#include "workers/cargo/stderr.h"
#include "workers/cargo/unit_graph.h"
#include "workers/cargo/verdicts.h"

namespace tripled::cargo {

inline const std::string kHost = "x86_64-unknown-linux-gnu";
inline const std::string kS390x = "s390x-unknown-linux-gnu";

inline std::string data(const std::string& name) {
  auto text = read_file(std::string(TRIPLED_SOURCE_DIR) + "/tests/workers_cargo/data/" + name);
  if (!text) ADD_FAILURE() << text.error().message();
  return text ? *text : std::string();
}

inline SourcePaths source_paths(const std::string& triple = kHost) {
  return {"/src", "/src", "/target", triple};
}

inline BuildMessages messages_of(const std::string& name, const std::string& triple = kHost) {
  MessageParser parser(source_paths(triple));
  parser.feed(data(name + ".json"));
  parser.finish();
  return parser.take();
}

inline std::vector<CargoError> cargo_errors_of(const std::string& name) {
  StderrParser parser(source_paths());
  parser.feed(data(name + ".err"));
  parser.finish();
  return parser.errors();
}

inline std::vector<Unit> units_of(const std::string& name, const std::string& triple = kHost) {
  auto graph = parse_unit_graph(data(name + ".graph.json"), {triple});
  EXPECT_TRUE(graph) << (graph ? "" : graph.error().message());
  return graph ? graph->at(triple) : std::vector<Unit>{};
}

// `package/target[ test]=verdict`, in the order of the plan.
inline std::vector<std::string> words(const std::vector<UnitResult>& units) {
  std::vector<std::string> out;
  for (const auto& unit : units)
    out.push_back(unit.package + "/" + unit.target + (unit.harness ? " test" : "") + "=" +
                  to_text(unit.verdict));
  return out;
}

// Never null: a unit that is not there fails the test and is stood in for by an empty one.
inline const UnitResult* find_unit(const Conclusion& conclusion, const std::string& package,
                                   const std::string& target, bool harness) {
  for (const auto& unit : conclusion.units)
    if (unit.package == package && unit.target == target && unit.harness == harness) return &unit;
  ADD_FAILURE() << "no unit " << package << "/" << target << (harness ? " test" : "");
  static const UnitResult absent = [] {
    UnitResult unit;
    unit.first_error = Diagnostic{};
    return unit;
  }();
  return &absent;
}

inline ProcessRecord exited(int code) {
  ProcessRecord process;
  process.code = code;
  return process;
}

}  // namespace tripled::cargo
