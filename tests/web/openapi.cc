#include "tests/web/openapi.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <map>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "schema/base/text.h"
#include "schema/wire/json.h"

namespace tripled::test {
namespace {

namespace json = boost::json;

// The validator asks null for its `format` too.
json::value apart_from_null(json::object schema) {
  auto* type = schema.if_contains("type");
  if (!type || !type->is_array() || !schema.contains("format")) return schema;
  json::object text{{"type", "string"}, {"format", schema.at("format")}};
  return json::object{{"anyOf", json::array{text, json::object{{"type", "null"}}}}};
}

json::value to_json(const YAML::Node& node) {
  if (node.IsMap()) {
    json::object out;
    for (const auto& entry : node) out[entry.first.as<std::string>()] = to_json(entry.second);
    return apart_from_null(std::move(out));
  }
  if (node.IsSequence()) {
    json::array out;
    for (const auto& item : node) out.push_back(to_json(item));
    return out;
  }
  if (node.IsNull()) return nullptr;
  const auto& text = node.Scalar();
  if (node.Tag() == "!") return json::string(text);  // quoted
  if (text == "true" || text == "false") return text == "true";
  std::int64_t number = 0;
  auto end = text.data() + text.size();
  if (auto read = std::from_chars(text.data(), end, number); read.ec == std::errc{} && read.ptr == end)
    return number;
  return json::string(text);
}

const json::object* member(const json::object& object, std::string_view key) {
  auto* found = object.if_contains(key);
  return found ? found->if_object() : nullptr;
}

std::string problems_of(const valijson::Schema& schema, const json::value& value) {
  valijson::Validator validator;
  valijson::ValidationResults results;
  validator.validate(schema, valijson::adapters::BoostJsonAdapter(value), &results);
  std::string out;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    for (const auto& part : error.context) out += part;
    out += ": " + error.description + "\n";
  }
  return out;
}

}  // namespace

// Compiled once each, by their JSON.
struct OpenApi::Schemas {
  std::map<std::string, std::unique_ptr<valijson::Schema>> compiled;
};

OpenApi::OpenApi() : schemas_(std::make_unique<Schemas>()) {
  document_ = to_json(YAML::LoadFile(std::string(TRIPLED_SOURCE_DIR) + "/schema/openapi.yaml"));
}

OpenApi::~OpenApi() = default;

std::set<std::string> OpenApi::operations() const {
  std::set<std::string> out;
  for (const auto& path : document_.at("paths").as_object())
    for (const auto& operation : path.value().as_object())
      if (operation.key() != "parameters")
        out.insert(to_upper(std::string(operation.key())) + " " + std::string(path.key()));
  return out;
}

std::string OpenApi::operation(const std::string& method, const std::string& target) const {
  auto segments = split(target.substr(0, target.find('?')), '/');
  for (const auto& operation : operations()) {
    auto space = operation.find(' ');
    auto wanted = split(operation.substr(space + 1), '/');
    bool same = operation.substr(0, space) == method && wanted.size() == segments.size();
    for (std::size_t i = 0; same && i < wanted.size(); ++i)
      same = wanted[i] == segments[i] || (wanted[i].starts_with('{') && !segments[i].empty());
    if (same) return operation;
  }
  return "";
}

std::string OpenApi::problems(const std::string& operation, unsigned status, const std::string& content_type,
                              const std::string& body) const {
  auto space = operation.find(' ');
  const auto& described = document_.at("paths")
                              .at(operation.substr(space + 1))
                              .at(to_lower(operation.substr(0, space)))
                              .at("responses")
                              .as_object();
  const auto* response = member(described, std::to_string(status));
  if (!response) response = status >= 400 ? member(described, "default") : nullptr;
  if (!response) return "status " + std::to_string(status) + " is not described\n";
  if (response->contains("$ref"))
    response = &document_.at("components").at("responses").at("Problem").as_object();
  const auto* content = member(*response, "content");
  if (!content) return status == 304 && !body.empty() ? "304 with a body\n" : "";
  const auto type = content_type.empty() ? std::string(content->begin()->key())
                                         : content_type.substr(0, content_type.find(';'));
  const auto* media = member(*content, type);
  if (!media) return "content type " + type + " is not described\n";
  const auto* schema = member(*media, "schema");
  if (!schema) return "";
  auto value = wire::parse(body);
  if (!value) return value.error().message() + "\n";
  auto& compiled = schemas_->compiled[json::serialize(*schema)];
  if (!compiled) {
    json::object whole{{"allOf", json::array{*schema}}, {"components", document_.at("components")}};
    const json::value root(std::move(whole));
    compiled = std::make_unique<valijson::Schema>();
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(valijson::adapters::BoostJsonAdapter(root), *compiled);
  }
  return problems_of(*compiled, *value);
}

}  // namespace tripled::test
