// Tolerant reading of other programs' JSON: a missing or differently typed field is empty, never an error.
// Internal to workers/cargo; pure, thread-safe.
#pragma once
#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace tripled::cargo {

namespace json = boost::json;

inline const json::value* field(const json::object& object, std::string_view key) {
  return object.if_contains(key);
}

inline std::string text_field(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

inline bool bool_field(const json::object& object, std::string_view key, bool otherwise = false) {
  const auto* value = object.if_contains(key);
  return value && value->is_bool() ? value->get_bool() : otherwise;
}

inline int int_field(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (!value) return 0;
  boost::system::error_code ec;
  int number = value->to_number<int>(ec);
  return ec ? 0 : number;
}

inline const json::object& object_field(const json::object& object, std::string_view key) {
  static const json::object none;
  const auto* value = object.if_contains(key);
  return value && value->is_object() ? value->get_object() : none;
}

inline const json::array& array_field(const json::object& object, std::string_view key) {
  static const json::array none;
  const auto* value = object.if_contains(key);
  return value && value->is_array() ? value->get_array() : none;
}

inline std::vector<std::string> texts_field(const json::object& object, std::string_view key) {
  std::vector<std::string> out;
  for (const auto& item : array_field(object, key))
    if (item.is_string()) out.emplace_back(item.get_string());
  return out;
}

// One JSON document with the depth that macro backtraces need (each level of expansion nests two objects).
inline json::value parse_deep(std::string_view text, boost::system::error_code& ec) {
  json::parse_options options;
  options.max_depth = 600;
  options.allow_invalid_utf8 = true;
  return json::parse(text, ec, {}, options);
}

// At most `limit` bytes, cut between characters; says that it was cut.
inline std::string bounded(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  std::size_t cut = limit;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return std::string(text.substr(0, cut)) + "…";
}

}  // namespace tripled::cargo
