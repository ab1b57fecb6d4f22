// The shipped examples: each parses, expands over all triples of a real rustc without a warning, and says
// what it should.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "schema/base/text.h"
#include "schema/wire/json.h"
#include "tests/config/support.h"

namespace tripled::config {
namespace {

using testing::error_of;
using testing::source_file;
using Words = std::vector<std::string>;

Result<Plan> plan_file(const std::string& path) {
  auto matrix = load_matrix(source_file(path));
  if (!matrix) return matrix.error();
  std::vector<ToolchainFacts> toolchains;
  for (const auto& name : facts_needed(*matrix).toolchains) toolchains.push_back(testing::rustc_1_96(name));
  return expand(*matrix, toolchains);
}

TEST(Examples, SmallLibrary) {
  auto p = plan_file("config/matrices/small-library.yaml");
  ASSERT_TRUE(p) << error_of(p);
  EXPECT_TRUE(p->warnings.empty()) << p->warnings.front();
  EXPECT_EQ(p->cells.size(), 14u);
  EXPECT_EQ(testing::cell(p, "x86_64-unknown-linux-gnu/minimal").settings.lockfile, "direct-minimal");
  EXPECT_EQ(testing::cell(p, "s390x-unknown-linux-gnu/full").settings.timeout_ms, 1'200'000);
}

TEST(Examples, NoStd) {
  auto p = plan_file("config/matrices/no-std.yaml");
  ASSERT_TRUE(p) << error_of(p);
  EXPECT_TRUE(p->warnings.empty()) << p->warnings.front();
  EXPECT_EQ(p->cells.size(), 16u);
  EXPECT_EQ(testing::cell(p, "bare-metal:thumbv7em-none-eabi/alloc").settings.std, "core");
  testing::cell(p, "hosted:powerpc-unknown-linux-gnu/std");  // by its expression
}

// One cell in one line, so that a difference reads well. Packages are compared as a set: wasmtime's CI writes
// the same set as `--workspace --package X --exclude Y …`.
std::string line(const std::string& triple, const std::string& toolchain, Words stages, Words scope,
                 const std::map<std::string, std::string>& env, const std::string& linker,
                 const std::string& runner, const std::string& rustflags) {
  std::set<std::string> packages, words;
  for (std::size_t i = 0; i < scope.size(); ++i) {
    if (scope[i] == "-p")
      packages.insert(scope.at(++i));
    else
      words.insert(scope[i]);
  }
  std::string out = triple + " | " + toolchain + " | " + join(stages, " ") + " | -p " +
                    join({packages.begin(), packages.end()}, ",") + " " +
                    join({words.begin(), words.end()}, " ") + " |";
  for (const auto& [name, value] : env) out += " " + name + "=" + value;
  return out + " | " + linker + " | " + runner + " | " + rustflags;
}

std::string line(const Cell& cell) {
  const auto& s = cell.settings;
  Words stages;
  for (Stage stage : s.stages) stages.push_back(to_text(stage));
  std::map<std::string, std::string> env;
  for (const auto& [name, value] : s.env) env[name] = value.value_or("(unset)");
  std::string runner = s.runner ? shell_join(s.runner->command) : "native";
  if (s.run == "emulated") {
    runner = "qemu";
    if (!s.qemu.cpu.empty()) runner += " -cpu " + s.qemu.cpu;
    for (const auto& arg : s.qemu.args) runner += " " + arg;
  }
  return line(cell.triple, s.toolchain, stages, s.scope, env, s.linker, runner,
              join(s.rustflags.values, " "));
}

struct Expected {
  std::string job, id, text;
};

// tests/config/wasmtime_cells.json: written down from wasmtime's ci/build-test-matrix.js and main.yml, by
// job.
std::vector<Expected> expected_cells() {
  auto parsed = wire::parse(testing::source_text("tests/config/wasmtime_cells.json"));
  EXPECT_TRUE(parsed) << error_of(parsed);
  if (!parsed) return {};
  const auto& root = parsed->as_object();
  const auto& defaults = root.at("defaults").as_object();
  const auto& scopes = root.at("scopes").as_object();
  auto text_of = [&](const wire::json::object& cell, const char* key) {
    const auto* own = cell.if_contains(key);
    return std::string(wire::json::value_to<std::string>(own ? *own : defaults.at(key)));
  };
  std::vector<Expected> out;
  for (const auto& value : root.at("cells").as_array()) {
    const auto& cell = value.as_object();
    std::map<std::string, std::string> env;
    for (const auto* source : {defaults.if_contains("env"), cell.if_contains("env")})
      if (source)
        for (const auto& [name, text_value] : source->as_object())
          env[std::string(name)] = std::string(text_value.as_string());
    auto scope_text = wire::json::value_to<std::string>(cell.at("scope"));
    Words scope = *shell_words(scope_text);
    if (const auto* bucket = scopes.if_contains(scope_text)) {
      scope.clear();
      for (const auto& p : bucket->at("packages").as_array())
        scope.insert(scope.end(), {"-p", wire::json::value_to<std::string>(p)});
      for (const auto& w : bucket->at("words").as_array())
        scope.push_back(wire::json::value_to<std::string>(w));
    }
    auto stages = split_words(wire::json::value_to<std::string>(cell.at("stages")));
    const auto& id = cell.at("cell");
    out.push_back(
        {wire::json::value_to<std::string>(cell.at("job")), id.is_null() ? "" : std::string(id.as_string()),
         line(wire::json::value_to<std::string>(cell.at("triple")), text_of(cell, "toolchain"), stages, scope,
              env, text_of(cell, "linker"), text_of(cell, "runner"), text_of(cell, "rustflags"))});
  }
  return out;
}

TEST(Examples, WasmtimesOwnCiInFewerThan120Lines) {
  auto text = testing::source_text("config/matrices/wasmtime.yaml");
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 120);
  auto p = plan_file("config/matrices/wasmtime.yaml");
  ASSERT_TRUE(p) << error_of(p);
  EXPECT_TRUE(p->warnings.empty()) << p->warnings.front();
  auto expected = expected_cells();
  EXPECT_EQ(expected.size(), 206u);
  std::multiset<std::string> wanted, made;
  for (const auto& cell : expected) wanted.insert(cell.text);
  for (const auto& cell : p->cells) made.insert(line(cell));
  Words missing, extra;
  std::set_difference(wanted.begin(), wanted.end(), made.begin(), made.end(), std::back_inserter(missing));
  std::set_difference(made.begin(), made.end(), wanted.begin(), wanted.end(), std::back_inserter(extra));
  EXPECT_TRUE(missing.empty()) << "CI has, the matrix lacks:\n" << join(missing, "\n");
  EXPECT_TRUE(extra.empty()) << "the matrix has, CI lacks:\n" << join(extra, "\n");
  for (const auto& cell : expected) {
    if (!cell.id.empty()) {
      EXPECT_EQ(line(testing::cell(p, cell.id)), cell.text) << cell.job;
    }
  }
}

TEST(Examples, TheSamplesMatricesExpand) {
  for (const char* name : {"matrix.yaml", "matrix-quick.yaml"}) {
    auto p = plan_file(std::string("tests/fixtures/sample/") + name);
    ASSERT_TRUE(p) << error_of(p);
    EXPECT_TRUE(p->warnings.empty()) << p->warnings.front();
  }
}

}  // namespace
}  // namespace tripled::config
