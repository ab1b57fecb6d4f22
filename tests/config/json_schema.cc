#include "tests/config/json_schema.h"

#include <gtest/gtest.h>

#include <regex>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "schema/wire/json.h"
#include "tests/config/support.h"

namespace tripled::config::testing {
namespace {

namespace json = boost::json;

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

}  // namespace

struct JsonSchema::Compiled {
  valijson::Schema schema;
};

JsonSchema::JsonSchema(const std::string& path) : compiled_(std::make_unique<Compiled>()) {
  auto parsed = wire::parse(source_text(path));
  if (!parsed) {
    ADD_FAILURE() << path << ": " << error_of(parsed);
    return;
  }
  document_ = *parsed;
  valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
  parser.populateSchema(valijson::adapters::BoostJsonAdapter(document_), compiled_->schema);
}

JsonSchema::~JsonSchema() = default;

std::string JsonSchema::problems(const std::string& yaml) const {
  auto node = read_yaml(yaml, "m.yaml");
  EXPECT_TRUE(node) << error_of(node);
  if (!node) return "not YAML";
  json::value value = to_json(*node);
  valijson::Validator validator;
  valijson::ValidationResults results;
  validator.validate(compiled_->schema, valijson::adapters::BoostJsonAdapter(value), &results);
  std::string out;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    for (const auto& part : error.context) out += part;
    out += ": " + error.description + "\n";
  }
  return out;
}

}  // namespace tripled::config::testing
