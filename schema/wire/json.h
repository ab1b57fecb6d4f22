// JSON of every described struct (schema/model/reflect.h), both ways. Keys that are missing leave the
// default, keys that are not known are passed over: an older and a newer program can talk.
#pragma once
#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "schema/base/result.h"
#include "schema/model/reflect.h"

namespace tripled::wire {

namespace json = boost::json;

// Bounded: depth 64. protocol error with the position when the text is not JSON.
Result<json::value> parse(std::string_view text);
// The same for a tree that is read and dropped at once: it is made in `memory` (json::monotonic_resource),
// which has to live longer.
Result<json::value> parse(std::string_view text, json::storage_ptr memory);
// Two spaces of indentation, stable order: for people and for files that are compared.
std::string pretty(const json::value& value);

template <class T>
json::value to_json(const T& value);
// Appends the text of to_json(value), byte for byte what json::serialize() makes of it, without the tree.
template <class T>
void write_json(const T& value, std::string& out);
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

void write_text(std::string_view text, std::string& out);  // in quotes

template <class T>
void write_members(const T& value, std::string& out);

template <class T>
void write_json(const T& value, std::string& out) {
  if constexpr (std::is_same_v<T, json::value> || std::is_same_v<T, json::object> ||
                std::is_same_v<T, json::array>) {
    out += json::serialize(value);
  } else if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_integral_v<T>) {
    char digits[24];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  } else if constexpr (std::is_arithmetic_v<T>) {
    out += json::serialize(json::value(value));
  } else if constexpr (std::is_same_v<T, std::string>) {
    write_text(value, out);
  } else if constexpr (std::is_enum_v<T>) {
    write_text(to_text(value), out);
  } else if constexpr (is_optional<T>::value) {
    if (value)
      write_json(*value, out);
    else
      out += "null";
  } else if constexpr (is_vector<T>::value) {
    out += '[';
    const char* comma = "";
    for (const auto& item : value) {
      out += std::exchange(comma, ",");
      write_json(item, out);
    }
    out += ']';
  } else if constexpr (is_map<T>::value) {
    out += '{';
    const char* comma = "";
    for (const auto& [key, item] : value) {
      out += std::exchange(comma, ",");
      write_text(key, out);
      out += ':';
      write_json(item, out);
    }
    out += '}';
  } else {
    out += '{';
    write_members(value, out);
    out += '}';
  }
}

// Without the braces: a message has more members than its struct.
template <class T>
void write_members(const T& value, std::string& out) {
  const char* comma = "\"";
  boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto d) {
    out += std::exchange(comma, ",\"");
    out += d.name;  // an identifier: nothing in it is escaped
    out += "\":";
    write_json(value.*d.pointer, out);
  });
}

// Where a value stands; its text is made for an error only.
struct Place {
  const Place* in = nullptr;
  std::string_view name;  // of a member; the first: of the whole
  std::size_t index = 0;  // of an item
  enum Kind { whole, member, item } kind = whole;

  std::string text() const {
    const auto before = in ? in->text() : std::string();
    if (kind == item) return before + "[" + std::to_string(index) + "]";
    return before + (before.empty() || kind == whole ? "" : ".") + std::string(name);
  }
};

inline Error wrong_type(const Place& place, const char* wanted) {
  const auto path = place.text();
  return Error(ErrorKind::protocol, (path.empty() ? "value" : path) + ": expected " + wanted);
}

template <class T>
Status read_json(const json::value& value, T& out, const Place& place);

template <class T>
Status members_from_json(const json::object& object, T& out, const Place& place) {
  Status status;
  boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto d) {
    if (!status) return;
    if (auto* member = object.if_contains(d.name))
      status = read_json(*member, out.*d.pointer, Place{&place, d.name, 0, Place::member});
  });
  return status;
}

template <class T>
Status read_json(const json::value& value, T& out, const Place& place) {
  if constexpr (std::is_same_v<T, json::value>) {
    out = value;
    return {};
  } else if constexpr (std::is_same_v<T, json::object>) {
    if (!value.is_object()) return wrong_type(place, "an object");
    out = value.get_object();
    return {};
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!value.is_bool()) return wrong_type(place, "true or false");
    out = value.get_bool();
    return {};
  } else if constexpr (std::is_arithmetic_v<T>) {
    json::error_code ec;
    out = value.to_number<T>(ec);
    if (ec) return wrong_type(place, "a number in range");
    return {};
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!value.is_string()) return wrong_type(place, "a text");
    out.assign(value.get_string().data(), value.get_string().size());
    return {};
  } else if constexpr (std::is_enum_v<T>) {
    auto known = value.is_string() ? from_text<T>(std::string_view(value.get_string())) : std::nullopt;
    if (!known) return wrong_type(place, "one of its known words");
    out = *known;
    return {};
  } else if constexpr (is_optional<T>::value) {
    if (value.is_null()) {
      out.reset();
      return {};
    }
    typename T::value_type inner{};
    TRIPLED_TRY(read_json(value, inner, place));
    out = std::move(inner);
    return {};
  } else if constexpr (is_vector<T>::value) {
    if (!value.is_array()) return wrong_type(place, "an array");
    out.clear();
    out.reserve(value.get_array().size());
    for (const auto& item : value.get_array()) {
      typename T::value_type inner{};
      TRIPLED_TRY(read_json(item, inner, Place{&place, {}, out.size(), Place::item}));
      out.push_back(std::move(inner));
    }
    return {};
  } else if constexpr (is_map<T>::value) {
    if (!value.is_object()) return wrong_type(place, "an object");
    out.clear();
    for (const auto& item : value.get_object()) {
      typename T::mapped_type inner{};
      std::string key(item.key());
      TRIPLED_TRY(read_json(item.value(), inner, Place{&place, key, 0, Place::member}));
      out.emplace(std::move(key), std::move(inner));
    }
    return {};
  } else {
    if (!value.is_object()) return wrong_type(place, "an object");
    return members_from_json(value.get_object(), out, place);
  }
}

template <class T>
Status from_json(const json::value& value, T& out, const std::string& path) {
  return read_json(value, out, Place{nullptr, path});
}

template <class T>
std::string to_text_json(const T& value) {
  std::string out;
  write_json(value, out);
  return out;
}

template <class T>
Result<T> from_text_json(std::string_view text) {
  unsigned char first[4096];
  json::monotonic_resource memory(first, sizeof first);
  TRIPLED_ASSIGN(json::value value, parse(text, &memory));
  T out{};
  TRIPLED_TRY(from_json(value, out));
  return out;
}

}  // namespace tripled::wire
