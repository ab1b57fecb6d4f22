// schema/json/matrix.schema.json is what editors show: it must know every key, accept every example, refuse
// typos.
#include <gtest/gtest.h>

#include "config/axis.h"
#include "tests/config/json_schema.h"
#include "tests/config/support.h"

namespace tripled::config {
namespace {

using testing::error_of;

class MatrixSchema : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { schema_ = new testing::JsonSchema("schema/json/matrix.schema.json"); }
  static void TearDownTestSuite() { delete schema_; }
  static std::string problems(const std::string& yaml) { return schema_->problems(yaml); }

  static testing::JsonSchema* schema_;
};
testing::JsonSchema* MatrixSchema::schema_ = nullptr;

TEST_F(MatrixSchema, AcceptsEveryExample) {
  for (const char* path :
       {"config/matrices/small-library.yaml", "config/matrices/no-std.yaml", "config/matrices/wasmtime.yaml",
        "tests/fixtures/sample/matrix.yaml", "tests/fixtures/sample/matrix-quick.yaml"}) {
    EXPECT_EQ(problems(testing::source_text(path)), "") << path;
  }
}

TEST_F(MatrixSchema, KnowsEverySettingAndAxis) {
  const auto& definitions = schema_->document().at("definitions").as_object();
  const auto& properties = definitions.at("settings").at("properties").as_object();
  std::string names;
  for (const auto& key : setting_keys()) {
    EXPECT_TRUE(properties.contains(key.name)) << key.name;
    names += (names.empty() ? "^(" : "|") + key.name;
    const auto* written = properties.if_contains(key.name);
    if (written) {
      EXPECT_TRUE(written->as_object().contains("description")) << key.name;
    }
  }
  EXPECT_EQ(properties.size(), setting_keys().size());
  for (const char* level : {"rule", "value_settings", "group"})
    EXPECT_TRUE(definitions.at(level).at("patternProperties").as_object().contains(names + ")$")) << level;
  for (const auto& axis : known_axes())
    EXPECT_TRUE(definitions.at("axes").at("properties").as_object().contains(axis)) << axis;
}

const std::string kHead = "tripled: 1\naxes: {triple: [x86_64-unknown-linux-gnu]}\n";

// The schema and the reader agree on these, both ways.
TEST_F(MatrixSchema, AcceptsWhatTheReaderAccepts) {
  for (const char* lines :
       {"", "timeout: 1h30m\n", "env: {A: 1, B: null, C: 1.70, D: true}\n", "rustflags: {set: [-g]}\n",
        "profile: {name: release, lto: fat, opt-level: 3}\n", "scope: [-p a, -p b]\n", "features: each\n",
        "rules: [{match: emulated, tests: {threads: 2, ignored: no}}]\n", "when: full\n",
        "toolchains: {a: 1.85, b: msrv}\n", "expect: [{fail: {stage: execute}, reason: x}]\n",
        "allow-failure: {unit: x, reason: y}\n", "reference: a-b\n", "units: lib tests test:smoke\n",
        "stages: check\n", "project: {source: {crate: x, version: 1.0}}\n"}) {
    EXPECT_EQ(problems(kHead + lines), "") << lines;
    auto read = parse_matrix(kHead + lines, "m.yaml");
    EXPECT_TRUE(read) << lines << error_of(read);
  }
}

TEST_F(MatrixSchema, RefusesWhatTheReaderRefuses) {
  for (const char* lines :
       {"stage: [check]\n", "stages: [run]\n", "timeout: 20\n", "lints: off\n", "rules: [{timeout: 1m}]\n",
        "rules: [{match: std, timeot: 1m}]\n", "exclude: [{when: std}]\n", "include: [{stages: [check]}]\n",
        "expect: {fail: {}}\n", "tests: {threads: 0}\n", "project: {source: {path: ., git: x}}\n",
        "groups: {}\n", "runner: {kind: native}\n", "qemu: {model: x}\n", "toolchains: {a: stabel}\n",
        "env: [A]\n"}) {
    EXPECT_NE(problems(kHead + lines), "") << lines;
    EXPECT_FALSE(parse_matrix(kHead + lines, "m.yaml")) << lines;
  }
  EXPECT_NE(problems("tripled: 2\naxes: {triple: [a-b]}\n"), "");
  EXPECT_NE(problems("tripled: 1\n"), "");
  EXPECT_NE(problems("tripled: 1\naxes: {variant: [a]}\n"), "");
  EXPECT_NE(problems("tripled: 1\naxes: {triple: ['x86_64-*']}\n"), "");
  EXPECT_NE(problems("tripled: 1\naxes: {triple: [a-b], 1x: [a]}\n"), "");
}

}  // namespace
}  // namespace tripled::config
