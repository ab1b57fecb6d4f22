#include "config/settings_read.h"

#include <charconv>

#include "schema/base/text.h"

namespace tripled::config {

static std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i)
    out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return out;
}

Error wrong_kind(const Node& node, const std::string& key, const std::string& wanted) {
  std::string message = "`" + key + "` takes " + wanted + ", found " + describe(node);
  if (node.is_null()) message += " (text that begins with `#` must be quoted)";
  return error_at(node.place, message);
}

Error unknown_value(const Place& place, const std::string& key, const std::string& value,
                    const std::vector<std::string>& allowed) {
  std::string message = "`" + key + "` cannot be `" + value + "`: it is " + listed(allowed);
  if (auto near = nearest(value, allowed)) message += "; did you mean `" + *near + "`?";
  return error_at(place, message);
}

Error unknown_key(const Entry& entry, const std::vector<std::string>& allowed, const std::string& what) {
  std::string message = "unknown key `" + entry.key + "` in " + what;
  if (auto near = nearest(entry.key, allowed))
    message += "; did you mean `" + *near + "`?";
  else if (allowed.size() <= 12)
    message += "; known here: " + join(allowed, ", ");
  return error_at(entry.key_place, message);
}

Status check_keys(const Node& map, const std::vector<std::string>& allowed, const std::string& what) {
  for (const auto& entry : map.entries) {
    bool known = false;
    for (const auto& key : allowed) known = known || key == entry.key;
    if (!known) return unknown_key(entry, allowed, what);
  }
  return {};
}

Status expect_map(const Entry& entry, const std::string& example) {
  if (!entry.value.is_map()) return wrong_kind(entry.value, entry.key, "a map such as `" + example + "`");
  return {};
}

Result<std::string> read_text(const Node& node, const std::string& key) {
  if (!node.is_scalar()) return wrong_kind(node, key, "text");
  if (trim(node.scalar).empty()) return error_at(node.place, "`" + key + "` is empty");
  return node.scalar;
}

Result<std::string> read_text(const Entry& entry) { return read_text(entry.value, entry.key); }

Result<std::string> read_choice(const Entry& entry, const std::vector<std::string>& allowed) {
  if (!entry.value.is_scalar()) return wrong_kind(entry.value, entry.key, listed(allowed));
  for (const auto& word : allowed)
    if (word == entry.value.scalar) return word;
  return unknown_value(entry.value.place, entry.key, entry.value.scalar, allowed);
}

Result<std::vector<std::string>> read_texts(const Entry& entry) {
  std::vector<std::string> out;
  if (!entry.value.is_sequence()) {
    if (!entry.value.is_scalar()) return wrong_kind(entry.value, entry.key, "text or a list of texts");
    TRIPLED_ASSIGN(auto text, read_text(entry));
    out.push_back(std::move(text));
    return out;
  }
  for (const auto& item : entry.value.items) {
    TRIPLED_ASSIGN(auto text, read_text(item, entry.key));
    out.push_back(std::move(text));
  }
  return out;
}

Result<std::vector<std::string>> read_words(const Entry& entry) {
  if (entry.value.is_sequence()) return read_texts(entry);
  if (!entry.value.is_scalar()) return wrong_kind(entry.value, entry.key, "text or a list of words");
  auto words = shell_words(entry.value.scalar);
  if (!words) return error_at(entry.value.place, "`" + entry.key + "` has a quote that is not closed");
  return *words;
}

Result<bool> read_bool(const Entry& entry) {
  TRIPLED_ASSIGN(auto word, read_choice(entry, {"true", "false", "yes", "no"}));
  return word == "true" || word == "yes";
}

Result<Millis> read_duration(const Entry& entry) {
  if (!entry.value.is_scalar()) return wrong_kind(entry.value, entry.key, "a duration such as `20m`");
  auto duration = parse_duration(entry.value.scalar);
  if (!duration || duration->count() == 0)
    return error_at(entry.value.place, "`" + entry.key +
                                           "` takes a duration with its unit, such as `45s`, `20m` or " +
                                           "`1h30m`, found `" + entry.value.scalar + "`");
  return *duration;
}

Result<int> read_positive(const Entry& entry) {
  const auto& text = entry.value.scalar;
  int number = 0;
  auto end = text.data() + text.size();
  auto parsed = std::from_chars(text.data(), end, number);
  if (!entry.value.is_scalar() || parsed.ec != std::errc{} || parsed.ptr != end || number < 1)
    return wrong_kind(entry.value, entry.key, "a whole number from 1 on");
  return number;
}

Result<WrittenFlags> read_flags(const Entry& entry) {
  WrittenFlags out;
  if (!entry.value.is_map()) {
    TRIPLED_ASSIGN(out.values, read_words(entry));
    return out;
  }
  TRIPLED_TRY(check_keys(entry.value, {"set"}, "`" + entry.key + "`"));
  if (entry.value.entries.empty()) return wrong_kind(entry.value, entry.key, "text, a list, or {set: […]}");
  TRIPLED_ASSIGN(out.values, read_words(entry.value.entries.front()));
  out.replace = true;
  return out;
}

// What was written, on one line.
static std::string one_line(const Node& node) {
  std::string out;
  switch (node.kind) {
    case Node::Kind::null:
      out = "null";
      break;
    case Node::Kind::scalar:
      out = node.scalar;
      break;
    case Node::Kind::sequence:
      for (const auto& item : node.items) out += (out.empty() ? "[" : ", ") + one_line(item);
      out += out.empty() ? "[]" : "]";
      break;
    case Node::Kind::map:
      out = "{…}";
      break;
  }
  return out;
}

void assign(Patch& patch, const Entry& entry, const std::string& key, std::function<void(Working&)> apply) {
  Assignment out;
  out.key = key;
  out.value = one_line(entry.value);
  out.place = entry.value.is_null() ? entry.key_place : entry.value.place;
  out.apply = std::move(apply);
  patch.assignments.push_back(std::move(out));
}

void assign(Patch& patch, const Entry& entry, std::function<void(Working&)> apply) {
  assign(patch, entry, entry.key, std::move(apply));
}

}  // namespace tripled::config
