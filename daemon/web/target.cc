#include "daemon/web/target.h"

#include <charconv>

#include "schema/base/text.h"

namespace tripled::web {
namespace {

std::optional<std::string> decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus_is_space) c = ' ';
    if (c == '%') {
      unsigned value = 0;
      if (i + 2 >= text.size()) return std::nullopt;
      auto end = text.data() + i + 3;
      auto parsed = std::from_chars(text.data() + i + 1, end, value, 16);
      if (parsed.ec != std::errc{} || parsed.ptr != end || value == 0) return std::nullopt;
      c = static_cast<char>(value);
      i += 2;
    }
    out += c;
  }
  return out;
}

std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t value = 0;
  auto end = text.data() + text.size();
  auto parsed = std::from_chars(text.data(), end, value);
  if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::int64_t> Target::number(const std::string& key, std::int64_t otherwise, std::int64_t least,
                                           std::int64_t most) const {
  auto found = query.find(key);
  if (found == query.end()) return otherwise;
  auto value = parse_number(found->second);
  if (!value || *value < least || *value > most) return std::nullopt;
  return value;
}

std::optional<Target> parse_target(std::string_view text) {
  if (text.empty() || text[0] != '/') return std::nullopt;
  Target out;
  auto mark = text.find('?');
  for (const auto& part : split(text.substr(1, mark == text.npos ? mark : mark - 1), '/')) {
    auto segment = decoded(part, false);
    if (!segment) return std::nullopt;
    if (!segment->empty()) out.path.push_back(std::move(*segment));
  }
  if (mark == text.npos) return out;
  for (const auto& part : split(text.substr(mark + 1), '&')) {
    auto equals = part.find('=');
    auto key = decoded(part.substr(0, equals), true);
    auto value = decoded(equals == part.npos ? "" : part.substr(equals + 1), true);
    if (!key || !value) return std::nullopt;
    if (!key->empty()) out.query[*key] = *value;
  }
  return out;
}

std::optional<std::int64_t> parse_id(std::string_view text) {
  auto value = parse_number(text);
  return value && *value > 0 ? value : std::nullopt;
}

}  // namespace tripled::web
