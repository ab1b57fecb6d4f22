// schema/json/matrix.schema.json is what editors show: it must know every key, accept every example, refuse
// typos.
#include <gtest/gtest.h>

#include <regex>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "config/axis.h"
#include "schema/wire/json.h"
#include "tests/config/support.h"

namespace tripled::config {
namespace {

namespace json = boost::json;
using testing::error_of;

// As an editor's YAML reads it: numbers, true and false are no text (YAML 1.2, core schema).
json::value to_json(const Node& node) {
  static const std::regex integer("[-+]?[0-9]+"), real("[-+]?[0-9]+\\.[0-9]*");
  switch (node.kind) {
    case Node::Kind::null:
      return nullptr;
    case Node::Kind::scalar:
      if (!node.quoted && (node.scalar == "true" || node.scalar == "false")) return node.scalar == "true";
      if (!node.quoted && std::regex_match(node.scalar, integer) && node.scalar.size() < 10)
        return std::int64_t{std::stol(node.scalar)};
      if (!node.quoted && std::regex_match(node.scalar, real)) return std::stod(node.scalar);
      return json::string(node.scalar);
    case Node::Kind::sequence: {
      json::array out;
      for (const auto& item : node.items) out.push_back(to_json(item));
      return out;
    }
    case Node::Kind::map: {
      json::object out;
      for (const auto& entry : node.entries) out[entry.key] = to_json(entry.value);
      return out;
    }
  }
  return nullptr;
}

class MatrixSchema : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto parsed = wire::parse(testing::source_text("schema/json/matrix.schema.json"));
    ASSERT_TRUE(parsed) << error_of(parsed);
    document_ = new json::value(*parsed);
    schema_ = new valijson::Schema();
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(valijson::adapters::BoostJsonAdapter(*document_), *schema_);
  }
  static void TearDownTestSuite() {
    delete schema_;
    delete document_;
  }

  // Empty: valid.
  static std::string problems(const std::string& yaml) {
    auto node = read_yaml(yaml, "m.yaml");
    EXPECT_TRUE(node) << error_of(node);
    if (!node) return "not YAML";
    json::value value = to_json(*node);
    valijson::Validator validator;
    valijson::ValidationResults results;
    validator.validate(*schema_, valijson::adapters::BoostJsonAdapter(value), &results);
    std::string out;
    valijson::ValidationResults::Error error;
    while (results.popError(error)) {
      for (const auto& part : error.context) out += part;
      out += ": " + error.description + "\n";
    }
    return out;
  }

  static json::value* document_;
  static valijson::Schema* schema_;
};
json::value* MatrixSchema::document_ = nullptr;
valijson::Schema* MatrixSchema::schema_ = nullptr;

TEST_F(MatrixSchema, AcceptsEveryExample) {
  for (const char* path :
       {"config/matrices/small-library.yaml", "config/matrices/no-std.yaml", "config/matrices/wasmtime.yaml",
        "tests/fixtures/sample/matrix.yaml", "tests/fixtures/sample/matrix-quick.yaml"}) {
    EXPECT_EQ(problems(testing::source_text(path)), "") << path;
  }
}

TEST_F(MatrixSchema, KnowsEverySettingAndAxis) {
  const auto& definitions = document_->at("definitions").as_object();
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
