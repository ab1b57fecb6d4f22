#include "daemon/diagnosis/causes/asserted.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

std::string value_after(std::string_view message, std::string_view label) {
  for (const auto& line : split(message, '\n')) {
    auto text = trim(line);
    if (!text.starts_with(label)) continue;
    auto value = trim(text.substr(label.size()));
    if (value.starts_with('`')) {  // before rustc 1.73
      value.remove_prefix(1);
      if (auto end = value.rfind('`'); end != std::string_view::npos) value = value.substr(0, end);
    }
    return std::string(value);
  }
  return {};
}

__extension__ using Number = unsigned __int128;

std::optional<Number> number(std::string_view text) {
  text = trim(text);
  bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > 39) return std::nullopt;
  Number out = 0;
  int base = 10;
  if (text.starts_with("0x")) base = 16, text.remove_prefix(2);
  if (text.empty()) return std::nullopt;
  for (char c : text) {
    int digit = std::isdigit(static_cast<unsigned char>(c)) != 0 ? c - '0'
                : base == 16 && std::isxdigit(static_cast<unsigned char>(c)) != 0
                    ? std::tolower(static_cast<unsigned char>(c)) - 'a' + 10
                    : -1;
    if (digit < 0) return std::nullopt;
    out = out * static_cast<unsigned>(base) + static_cast<unsigned>(digit);
  }
  return negative ? Number{0} - out : out;
}

// The value alone, out of `Some(…)`, `Ok(…)` or a quoted text.
std::string inner(std::string text) {
  for (const char* shell : {"Some(", "Ok(", "Err("})
    if (text.starts_with(shell) && text.ends_with(")"))
      text = text.substr(std::string_view(shell).size(), text.size() - std::string_view(shell).size() - 1);
  if (text.size() > 1 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  return text;
}

// Lists of lists are read as one.
std::optional<std::vector<Number>> list(std::string text) {
  if (!text.starts_with('[') || !text.ends_with(']')) return std::nullopt;
  for (char& c : text)
    if (c == '[' || c == ']') c = ' ';
  std::vector<Number> out;
  for (const auto& item : split(text, ',')) {
    if (trim(item).empty()) continue;
    auto value = number(item);
    if (!value || out.size() > 4096) return std::nullopt;
    out.push_back(*value);
  }
  return out;
}

Number swapped(Number value, int bytes) {
  Number out = 0;
  for (int i = 0; i < bytes; ++i) out = out << 8 | (value >> (8 * i) & 0xFF);
  return out;
}

// The same at some width; one that reads alike in both orders says nothing.
bool is_swapped(Number a, Number b) {
  for (int bytes : {2, 4, 8, 16}) {
    Number limit = bytes == 16 ? ~Number{0} : (Number{1} << (8 * bytes)) - 1;
    // Negative numbers come with all higher bits set.
    auto low_a = a & limit, low_b = b & limit;
    bool fits = (a == low_a || (a | limit) == ~Number{0}) && (b == low_b || (b | limit) == ~Number{0});
    if (fits && low_a != low_b && swapped(low_a, bytes) == low_b) return true;
  }
  return false;
}

// Bytes of fields of 1, 2, 4, 8 or 16 bytes, one after the other, each in the other order.
bool fields_reversed(const std::vector<Number>& a, const std::vector<Number>& b) {
  std::vector<bool> reached(a.size() + 1, false);
  reached[0] = true;
  for (std::size_t at = 0; at < a.size(); ++at) {
    if (!reached[at]) continue;
    for (std::size_t size : {1u, 2u, 4u, 8u, 16u}) {
      if (at + size > a.size()) break;
      bool same = true;
      for (std::size_t i = 0; i < size && same; ++i) same = a[at + i] == b[at + size - 1 - i];
      if (same) reached[at + size] = true;
    }
  }
  return reached[a.size()];
}

bool is_page(Number n) { return n == 4096 || n == 8192 || n == 16384 || n == 65536; }

}  // namespace

std::optional<Asserted> asserted(std::string_view message) {
  Asserted out{value_after(message, "left: "), value_after(message, "right: ")};
  if (out.left.ends_with(',') && out.left.size() > 1) out.left.pop_back();
  if (out.left.empty() || out.right.empty()) return std::nullopt;
  return out;
}

bool is_byte_swapped(const Asserted& values) {
  auto left = inner(values.left), right = inner(values.right);
  auto a = number(left), b = number(right);
  if (a && b) return is_swapped(*a, *b);
  auto as = list(left), bs = list(right);
  if (!as || !bs || as->size() != bs->size() || as->empty() || *as == *bs) return false;
  bool bytes = std::all_of(as->begin(), as->end(), [](Number n) { return n < 256; }) &&
               std::all_of(bs->begin(), bs->end(), [](Number n) { return n < 256; });
  if (bytes) return fields_reversed(*as, *bs);
  for (std::size_t i = 0; i < as->size(); ++i)
    if ((*as)[i] != (*bs)[i] && !is_swapped((*as)[i], (*bs)[i])) return false;
  return true;
}

bool is_word_width(const Asserted& values) {
  auto a = number(inner(values.left)), b = number(inner(values.right));
  if (!a || !b || *a == *b) return false;
  auto small = std::min(*a, *b), large = std::max(*a, *b);
  static constexpr Number kLimits32[] = {0x7FFFFFFF, 0xFFFFFFFF, 0x80000000};
  static constexpr Number kLimits64[] = {0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x8000000000000000};
  bool limits = std::find(std::begin(kLimits32), std::end(kLimits32), small) != std::end(kLimits32) &&
                std::find(std::begin(kLimits64), std::end(kLimits64), large) != std::end(kLimits64);
  bool sizes = small >= 4 && small <= 512 && small % 4 == 0 && large == 2 * small;
  bool bits = (small == 32 && large == 64);
  bool cut = large > 0xFFFFFFFF && small == (large & 0xFFFFFFFF) && small != 0;
  return limits || sizes || bits || cut;
}

bool is_layout(const Asserted& values) {
  constexpr Number largest = 4096;
  auto a = number(inner(values.left)), b = number(inner(values.right));
  return a && b && *a != *b && *a > 0 && *b > 0 && *a <= largest && *b <= largest && *a % 4 == 0 &&
         *b % 4 == 0;
}

bool is_page_size(const Asserted& values) {
  auto a = number(inner(values.left)), b = number(inner(values.right));
  return a && b && *a != *b && is_page(*a) && is_page(*b);
}

bool is_one_page(const Asserted& values) {
  auto a = number(inner(values.left)), b = number(inner(values.right));
  return a && b && *a != *b && (is_page(*a) || is_page(*b));
}

}  // namespace tripled::diagnosis
