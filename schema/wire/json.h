// JSON of every described struct (schema/model/reflect.h), both ways. Keys that are missing leave the
// default, keys that are not known are passed over: an older and a newer program can talk.
#pragma once
#include <boost/json.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "schema/base/result.h"
#include "schema/model/reflect.h"

namespace tripled::wire {

namespace json = boost::json;

// Bounded: depth 64. protocol error with the position when the text is not JSON.
Result<json::value> parse(std::string_view text);
// Two spaces of indentation, stable order: for people and for files that are compared.
std::string pretty(const json::value& value);

template <class T>
json::value to_json(const T& value);
// Wrong types are a protocol error that names the path: `plans[0].settings.env`.
template <class T>
Status from_json(const json::value& value, T& out, const std::string& path = "");

// --- implementation
// -----------------------------------------------------------------------------------------------

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};
template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};
template <class T>
struct is_map : std::false_type {};
template <class T>
struct is_map<std::map<std::string, T>> : std::true_type {};

inline Error wrong_type(const std::string& path, const char* wanted) {
  return Error(ErrorKind::protocol, (path.empty() ? "value" : path) + ": expected " + wanted);
}

template <class T>
json::value to_json(const T& value) {
  if constexpr (std::is_same_v<T, json::value> || std::is_same_v<T, json::object> ||
                std::is_same_v<T, json::array>) {
    return value;
  } else if constexpr (std::is_same_v<T, bool> || std::is_arithmetic_v<T>) {
    return json::value(value);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return json::value(json::string(value));
  } else if constexpr (std::is_enum_v<T>) {
    return json::value(json::string(to_text(value)));
  } else if constexpr (is_optional<T>::value) {
    return value ? to_json(*value) : json::value(nullptr);
  } else if constexpr (is_vector<T>::value) {
    json::array out;
    for (const auto& item : value) out.push_back(to_json(item));
    return out;
  } else if constexpr (is_map<T>::value) {
    json::object out;
    for (const auto& [key, item] : value) out[key] = to_json(item);
    return out;
  } else {
    json::object out;
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
        [&](auto d) { out[d.name] = to_json(value.*d.pointer); });
    return out;
  }
}

template <class T>
Status members_from_json(const json::object& object, T& out, const std::string& path) {
  Status status;
  boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto d) {
    if (!status) return;
    if (auto* member = object.if_contains(d.name))
      status = from_json(*member, out.*d.pointer, path.empty() ? d.name : path + "." + d.name);
  });
  return status;
}

template <class T>
Status from_json(const json::value& value, T& out, const std::string& path) {
  if constexpr (std::is_same_v<T, json::value>) {
    out = value;
    return {};
  } else if constexpr (std::is_same_v<T, json::object>) {
    if (!value.is_object()) return wrong_type(path, "an object");
    out = value.get_object();
    return {};
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!value.is_bool()) return wrong_type(path, "true or false");
    out = value.get_bool();
    return {};
  } else if constexpr (std::is_arithmetic_v<T>) {
    json::error_code ec;
    out = value.to_number<T>(ec);
    if (ec) return wrong_type(path, "a number in range");
    return {};
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!value.is_string()) return wrong_type(path, "a text");
    out.assign(value.get_string().data(), value.get_string().size());
    return {};
  } else if constexpr (std::is_enum_v<T>) {
    auto known = value.is_string() ? from_text<T>(std::string_view(value.get_string())) : std::nullopt;
    if (!known) return wrong_type(path, "one of its known words");
    out = *known;
    return {};
  } else if constexpr (is_optional<T>::value) {
    if (value.is_null()) {
      out.reset();
      return {};
    }
    typename T::value_type inner{};
    TRIPLED_TRY(from_json(value, inner, path));
    out = std::move(inner);
    return {};
  } else if constexpr (is_vector<T>::value) {
    if (!value.is_array()) return wrong_type(path, "an array");
    out.clear();
    out.reserve(value.get_array().size());
    for (const auto& item : value.get_array()) {
      typename T::value_type inner{};
      TRIPLED_TRY(from_json(item, inner, path + "[" + std::to_string(out.size()) + "]"));
      out.push_back(std::move(inner));
    }
    return {};
  } else if constexpr (is_map<T>::value) {
    if (!value.is_object()) return wrong_type(path, "an object");
    out.clear();
    for (const auto& item : value.get_object()) {
      typename T::mapped_type inner{};
      std::string key(item.key());
      TRIPLED_TRY(from_json(item.value(), inner, path + "." + key));
      out.emplace(std::move(key), std::move(inner));
    }
    return {};
  } else {
    if (!value.is_object()) return wrong_type(path, "an object");
    return members_from_json(value.get_object(), out, path);
  }
}

template <class T>
std::string to_text_json(const T& value) {
  return json::serialize(to_json(value));
}

template <class T>
Result<T> from_text_json(std::string_view text) {
  TRIPLED_ASSIGN(json::value value, parse(text));
  T out{};
  TRIPLED_TRY(from_json(value, out));
  return out;
}

}  // namespace tripled::wire
