#include "config/axis.h"

#include <algorithm>
#include <cctype>

#include "config/settings_read.h"
#include "schema/base/text.h"

namespace tripled::config {
namespace {

const std::vector<std::string> kReserved{"group", "channel", "tier", "std", "dist", "emulated", "cfg",
                                         "and",   "or",      "not",  "in",  "expr", "where",    "optional"};

Status check_axis_name(const Entry& entry) {
  if (is_known_axis(entry.key)) return {};
  const auto& name = entry.key;
  bool word = !name.empty() && std::isalpha(static_cast<unsigned char>(name[0]));
  for (char c : name) word = word && (std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-');
  if (!word)
    return error_at(entry.key_place, "`" + name + "` is not an axis name: letters, digits, `-` and `_`");
  if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end())
    return error_at(entry.key_place, "`" + name + "` is a word of expressions, an axis needs another name");
  if (is_setting_key(name))
    return error_at(entry.key_place, "`" + name +
                                         "` is a setting, not an axis: name the axis otherwise and write " +
                                         "`NAME: {x: {" + name + ": …}}`");
  return {};
}

Status check_value_name(const std::string& axis, const std::string& name, const Place& place) {
  if (name.empty()) return error_at(place, "a value of axis `" + axis + "` is empty");
  if (axis == "triple") {
    if (name.size() > 5 && name.substr(name.size() - 5) == ".json")
      return error_at(place,
                      "target specification files (`" + name + "`) are not implemented in this version");
    if (name.find_first_of("*?[]{}") != std::string::npos)
      return error_at(place, "a glob is an expression: write `expr: triple = " + name + "`");
    for (char c : name)
      if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.')
        return error_at(place, "`" + name + "` is not a triple");
  } else if (!is_known_axis(axis) && contains(name, "/")) {
    return error_at(
        place, "a value of axis `" + axis + "` cannot hold `/`: it would not be readable in a cell's id");
  }
  return {};
}

// The coordinate of a value that was written without a name of its own: independent of white space and
// quoting.
Result<std::string> coordinate_of(const std::string& axis, const Node& node) {
  Entry entry{axis, node.place, node};
  if (axis == "profile" && node.is_map()) {
    const Entry* name = node.find("name");
    if (!name) return error_at(node.place, "a profile of the axis needs a `name`");
    return read_text(*name);
  }
  if (axis == "scope" && node.is_scalar()) {
    auto words = shell_words(node.scalar);
    if (!words) return error_at(node.place, "`scope` has a quote that is not closed");
    return words->empty() ? std::string("default") : shell_join(*words);
  }
  if (axis == "features" || axis == "packages") {
    TRIPLED_ASSIGN(auto texts, read_texts(entry));
    std::string joined;
    for (const auto& text : texts)
      for (const auto& word : split_words(replace_all(text, ",", " ")))
        joined += (joined.empty() ? "" : ",") + word;
    return joined.empty() ? std::string("none") : joined;
  }
  return read_text(entry);
}

// What `node` means as value of a known axis.
Status set_coordinate(const std::string& axis, const Node& node, AxisValue& value) {
  if (axis == "triple" || !is_known_axis(axis)) return {};
  Patch own;
  TRIPLED_TRY(read_setting(Entry{axis, node.place, node}, own));
  for (auto& assignment : own.assignments) {
    assignment.coordinate = true;
    value.settings.assignments.insert(value.settings.assignments.begin(), std::move(assignment));
  }
  return {};
}

Status read_value_settings(const Node& map, const std::string& axis, const std::vector<std::string>& more,
                           AxisValue& value) {
  std::vector<std::string> others = more;
  others.push_back("where");
  TRIPLED_ASSIGN(value.settings, read_settings(map, others, "a value of axis `" + axis + "`"));
  if (const Entry* where = map.find("where")) {
    TRIPLED_ASSIGN(auto expr, parse_expr(where->value));
    value.where = std::move(expr);
  }
  for (auto& assignment : value.settings.assignments)
    if (assignment.key == axis) assignment.coordinate = true;
  return {};
}

// A bare value: `- s390x-unknown-linux-gnu`.
Result<AxisValue> bare_value(const std::string& axis, const Node& node) {
  AxisValue value;
  value.place = node.place;
  if (axis == "scope" && node.is_sequence())
    return wrong_kind(node, "scope", "cargo's words as one text for each value");
  TRIPLED_ASSIGN(value.name, coordinate_of(axis, node));
  TRIPLED_TRY(check_value_name(axis, value.name, node.place));
  TRIPLED_TRY(set_coordinate(axis, node, value));
  return value;
}

// `NAME: settings`; the name is the value itself unless the settings, or the text in their place, say it.
Result<AxisValue> named_value(const std::string& axis, const Entry& entry) {
  AxisValue value;
  value.name = entry.key;
  value.place = entry.key_place;
  TRIPLED_TRY(check_value_name(axis, value.name, entry.key_place));
  bool carries_value = axis != "triple" && is_known_axis(axis);
  if (entry.value.is_map()) {
    TRIPLED_TRY(read_value_settings(entry.value, axis, {}, value));
    if (const Assignment* own = value.settings.find(axis)) {
      const Entry* written = entry.value.find(axis);
      if (written && written->value.is_sequence() && axis == "scope")
        return error_at(own->place, "a list of scopes inside a value of the axis `scope`");
      return value;
    }
  } else if (!entry.value.is_null()) {
    if (!carries_value)
      return wrong_kind(entry.value, entry.key, "a map of settings such as `{env: {QUICK: 1}}`");
    TRIPLED_TRY(set_coordinate(axis, entry.value, value));
    return value;
  }
  if (!carries_value) return value;
  Node name;
  name.kind = Node::Kind::scalar;
  name.scalar = entry.key;
  name.place = entry.key_place;
  TRIPLED_TRY(set_coordinate(axis, name, value));
  return value;
}

// An item of a list: a bare value, `expr: …`, a profile, or one `NAME: settings`.
Result<AxisValue> item_value(const std::string& axis, const Node& node) {
  if (!node.is_map()) return bare_value(axis, node);
  if (const Entry* expr = node.find("expr")) {
    if (axis != "triple") return error_at(expr->key_place, "`expr` belongs into the axis `triple`");
    AxisValue value;
    value.place = expr->value.place;
    TRIPLED_TRY(read_value_settings(node, axis, {"expr"}, value));
    TRIPLED_ASSIGN(auto parsed, parse_expr(expr->value));
    value.expr = std::move(parsed);
    return value;
  }
  if (axis == "profile" && node.find("name")) return bare_value(axis, node);
  if (node.entries.size() != 1)
    return error_at(node.place, "an item of axis `" + axis + "` is a value, or one `NAME: {settings}`");
  return named_value(axis, node.entries.front());
}

Status add_value(Axis& axis, AxisValue value) {
  if (!value.expr)
    for (const auto& earlier : axis.values)
      if (!earlier.expr && earlier.name == value.name)
        return error_at(value.place, "`" + value.name + "` is twice in axis `" + axis.name + "`, first at " +
                                         earlier.place.text());
  axis.values.push_back(std::move(value));
  return {};
}

Result<Axis> read_values(const Entry& entry) {
  Axis axis{entry.key, entry.key_place, {}};
  const Node& node = entry.value;
  if (node.is_sequence()) {
    for (const auto& item : node.items) {
      TRIPLED_ASSIGN(auto value, item_value(axis.name, item));
      TRIPLED_TRY(add_value(axis, std::move(value)));
    }
  } else if (node.is_map() && (node.find("expr") || (axis.name == "profile" && node.find("name")))) {
    TRIPLED_ASSIGN(auto value, item_value(axis.name, node));
    axis.values.push_back(std::move(value));
  } else if (node.is_map()) {
    for (const auto& named : node.entries) {
      TRIPLED_ASSIGN(auto value, named_value(axis.name, named));
      TRIPLED_TRY(add_value(axis, std::move(value)));
    }
  } else if (node.is_scalar()) {
    TRIPLED_ASSIGN(auto value, bare_value(axis.name, node));
    axis.values.push_back(std::move(value));
  }
  if (axis.values.empty()) return error_at(entry.key_place, "axis `" + axis.name + "` has no values");
  return axis;
}

}  // namespace

const std::vector<std::string>& known_axes() {
  static const std::vector<std::string> axes{"triple",   "toolchain", "scope",
                                             "packages", "features",  "profile"};
  return axes;
}

bool is_known_axis(std::string_view name) {
  return std::find(known_axes().begin(), known_axes().end(), name) != known_axes().end();
}

Result<Axis> read_axis(const Entry& entry) {
  TRIPLED_TRY(check_axis_name(entry));
  return read_values(entry);
}

Result<Axis> read_row_axis(const Entry& entry, const Axis* own) {
  // Without such an axis, `features: [a, b]` of a row means both at once, as it does everywhere else.
  if (!own && (entry.key == "features" || entry.key == "packages")) {
    Axis axis{entry.key, entry.key_place, {}};
    TRIPLED_ASSIGN(auto value, bare_value(entry.key, entry.value));
    axis.values.push_back(std::move(value));
    return axis;
  }
  TRIPLED_ASSIGN(auto axis, read_values(entry));
  if (!own) return axis;
  bool defines = entry.value.is_map();
  std::vector<std::string> names;
  for (const auto& value : own->values) names.push_back(value.name);
  for (auto& value : axis.values) {
    auto known = std::find_if(own->values.begin(), own->values.end(), [&](const AxisValue& v) {
      return !v.expr && !value.expr && v.name == value.name;
    });
    if (known != own->values.end() && !defines) {
      auto place = value.place;
      value = *known;
      value.place = place;
    } else if (known == own->values.end() && !defines && !is_known_axis(axis.name)) {
      std::string message = "axis `" + axis.name + "` has no value `" + value.name + "`";
      if (auto near = nearest(value.name, names)) message += "; did you mean `" + *near + "`?";
      return error_at(value.place, message + " (write `" + value.name + ": {…}` to define it here)");
    }
  }
  return axis;
}

}  // namespace tripled::config
