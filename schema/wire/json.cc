#include "schema/wire/json.h"

namespace tripled::wire {

Result<json::value> parse(std::string_view text) { return parse(text, {}); }

Result<json::value> parse(std::string_view text, json::storage_ptr memory) {
  json::parse_options options;
  options.max_depth = 64;
  unsigned char stack[4096];  // of the parser; it asks for more when that is used up
  json::stream_parser parser({}, options, stack);
  parser.reset(std::move(memory));
  json::error_code ec;
  auto consumed = parser.write_some(text.data(), text.size(), ec);
  if (!ec && consumed < text.size() && text.find_first_not_of(" \t\r\n", consumed) != std::string_view::npos)
    ec = json::error::extra_data;
  if (!ec) parser.finish(ec);
  if (ec)
    return Error(ErrorKind::protocol, "not JSON at byte " + std::to_string(consumed) + ": " + ec.message());
  return parser.release();
}

// As json::serialize() does it: long escapes in small letters, and nothing above ASCII is one.
void write_text(std::string_view text, std::string& out) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  std::size_t written = 0;
  auto escape = [&](std::size_t at, std::string_view as) {
    out.append(text.substr(written, at - written)).append(as);
    written = at + 1;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    switch (c) {
      case '"':
        escape(i, "\\\"");
        break;
      case '\\':
        escape(i, "\\\\");
        break;
      case '\b':
        escape(i, "\\b");
        break;
      case '\f':
        escape(i, "\\f");
        break;
      case '\n':
        escape(i, "\\n");
        break;
      case '\r':
        escape(i, "\\r");
        break;
      case '\t':
        escape(i, "\\t");
        break;
      default:
        const char code[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        escape(i, {code, sizeof code});
    }
  }
  out.append(text.substr(written));
  out += '"';
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
