#include <algorithm>

#include "schema/base/text.h"
#include "schema/program/man.h"

namespace tripled::program {
namespace {

namespace json = wire::json;

std::string text_of(const json::value& value) {
  return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

std::string field(const json::object& schema, const char* name) {
  auto* value = schema.if_contains(name);
  return value ? text_of(*value) : "";
}

// What may stand there, in a few words.
std::string type_of(const json::object& schema) {
  if (auto* choices = schema.if_contains("enum")) {
    std::vector<std::string> words;
    for (const auto& choice : choices->as_array()) words.push_back(text_of(choice));
    words.erase(std::unique(words.begin(), words.end()), words.end());  // 1 and "1"
    return join(words, " | ");
  }
  if (auto* any = schema.if_contains("anyOf")) {
    std::vector<std::string> words;
    for (const auto& one : any->as_array())
      if (one.is_object()) words.push_back(type_of(one.as_object()));
    return join(words, " or ");
  }
  auto type = field(schema, "type");
  if (type != "array") return type == "object" ? "mapping" : type;
  auto* items = schema.if_contains("items");
  return "list of " + (items && items->is_object() ? type_of(items->as_object()) : "values");
}

void write_keys(const json::object& schema, std::string& out);

void write_key(const std::string& name, const json::object& key, bool required, std::string& out) {
  out += ".TP\n" + bold(name + ":");
  if (auto type = type_of(key); !type.empty()) out += " " + italic(type);
  auto text = field(key, "description");
  if (required) text += text.empty() ? "required" : " (required)";
  if (auto standard = field(key, "default"); !standard.empty())
    text += (text.empty() ? "" : " ") + ("[default: " + standard + "]");
  out += "\n" + roff_text(text.empty() ? "a mapping of:" : text);
  const json::object* inner = &key;
  if (auto* items = key.if_contains("items"); items && items->is_object()) inner = &items->as_object();
  if (auto* more = inner->if_contains("additionalProperties"); more && more->is_object())
    inner = &more->as_object();
  if (!inner->contains("properties")) return;
  out += ".RS\n";
  write_keys(*inner, out);
  out += ".RE\n";
}

void write_keys(const json::object& schema, std::string& out) {
  std::vector<std::string> required;
  if (auto* names = schema.if_contains("required"))
    for (const auto& name : names->as_array()) required.push_back(text_of(name));
  for (const auto& [name, key] : schema.at("properties").as_object()) {
    if (!key.is_object()) continue;
    bool needed = std::find(required.begin(), required.end(), std::string(name)) != required.end();
    write_key(std::string(name), key.as_object(), needed, out);
  }
}

}  // namespace

Result<std::string> settings_man_page(const json::value& schema, const ManHeader& header,
                                      const std::vector<std::string>& see_also) {
  auto* object = schema.if_object();
  auto* properties = object ? object->if_contains("properties") : nullptr;
  if (!properties || !properties->is_object())
    return Error(ErrorKind::config, "the schema describes no object with properties");
  std::string out = man_header(header) + section("NAME");
  out += header.title + " \\- settings of the tripled daemon\n";
  out += section("DESCRIPTION") + roff_text(field(*object, "description"));
  out += section("KEYS");
  write_keys(*object, out);
  return out + see_also_section(see_also);
}

}  // namespace tripled::program
