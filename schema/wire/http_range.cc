#include "schema/wire/http_range.h"

#include <charconv>

namespace tripled::wire {
namespace {

// Takes a number from the front of `text`.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

}  // namespace

std::string to_text(const ContentRange& range) {
  const auto total = "/" + std::to_string(range.total);
  if (range.size == 0) return "bytes *" + total;
  return "bytes " + std::to_string(range.first) + "-" + std::to_string(range.first + range.size - 1) + total;
}

std::optional<ContentRange> parse_content_range(std::string_view text) {
  ContentRange out;
  if (!take(text, "bytes ")) return std::nullopt;
  if (take(text, "*")) {
    auto total = take(text, "/") ? take_number(text) : std::nullopt;
    if (!total || !text.empty()) return std::nullopt;
    out.total = *total;
    return out;
  }
  auto first = take_number(text);
  auto last = first && take(text, "-") ? take_number(text) : std::nullopt;
  auto total = last && take(text, "/") ? take_number(text) : std::nullopt;
  if (!total || !text.empty() || *last < *first || *last >= *total) return std::nullopt;
  return ContentRange{*first, *last - *first + 1, *total};
}

std::optional<WantedRange> parse_wanted_range(std::string_view text) {
  WantedRange out;
  if (!take(text, "bytes=")) return std::nullopt;
  auto first = take_number(text);
  if (!first || !take(text, "-")) return std::nullopt;
  out.first = *first;
  if (text.empty()) return out;
  auto last = take_number(text);
  if (!last || !text.empty() || *last < out.first) return std::nullopt;
  out.last = *last;
  return out;
}

}  // namespace tripled::wire
