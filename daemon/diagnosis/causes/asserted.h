// What a failed assertion printed as left and right, and how the two are related. Debug text of std's types.
// Internal to daemon/diagnosis/causes. Pure, thread-safe.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace tripled::diagnosis {

struct Asserted {
  std::string left, right;
};
// `  left: X\n right: Y` of assert_eq!, also of rustc before 1.73 (`left: `X`,`). nullopt: no such lines.
std::optional<Asserted> asserted(std::string_view message);

// One is the other with its bytes in reverse order: numbers of 16, 32, 64 or 128 bits, lists of such numbers,
// bytes of fields of such sizes one after the other. Palindromes are not.
bool is_byte_swapped(const Asserted& values);
// 4 and 8, 8 and 16 …: sizes of words; limits of 32- and 64-bit numbers; one is the other modulo 2^32.
bool is_word_width(const Asserted& values);
// Both can be sizes of structs with words in them.
bool is_layout(const Asserted& values);
bool is_page_size(const Asserted& values);
// One of them is a size that pages have.
bool is_one_page(const Asserted& values);

}  // namespace tripled::diagnosis
