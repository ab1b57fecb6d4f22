#include "schema/wire/json.h"

namespace tripled::wire {

Result<json::value> parse(std::string_view text) {
  json::parse_options options;
  options.max_depth = 64;
  json::stream_parser parser({}, options);
  json::error_code ec;
  auto consumed = parser.write_some(text.data(), text.size(), ec);
  if (!ec && consumed < text.size() && text.find_first_not_of(" \t\r\n", consumed) != std::string_view::npos)
    ec = json::error::extra_data;
  if (!ec) parser.finish(ec);
  if (ec)
    return Error(ErrorKind::protocol, "not JSON at byte " + std::to_string(consumed) + ": " + ec.message());
  return parser.release();
}

static void print(const json::value& value, std::string& out, std::size_t depth) {
  auto indent = [&](std::size_t n) { out.append(n * 2, ' '); };
  auto list = [&](char open, char close, const auto& items, auto&& one) {
    if (items.empty()) {
      out += open;
      out += close;
      return;
    }
    out += open;
    bool first = true;
    for (const auto& item : items) {
      out += first ? "\n" : ",\n";
      first = false;
      indent(depth + 1);
      one(item);
    }
    out += '\n';
    indent(depth);
    out += close;
  };
  if (value.is_object()) {
    list('{', '}', value.get_object(), [&](const json::key_value_pair& item) {
      out += json::serialize(json::string(item.key())) + ": ";
      print(item.value(), out, depth + 1);
    });
  } else if (value.is_array()) {
    list('[', ']', value.get_array(), [&](const json::value& item) { print(item, out, depth + 1); });
  } else {
    out += json::serialize(value);
  }
}

std::string pretty(const json::value& value) {
  std::string out;
  print(value, out, 0);
  out += '\n';
  return out;
}

}  // namespace tripled::wire
