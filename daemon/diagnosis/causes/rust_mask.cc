#include "daemon/diagnosis/causes/rust_mask.h"

#include <algorithm>
#include <cctype>

namespace tripled::diagnosis {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

void blank(std::string& code, std::size_t from, std::size_t to) {
  for (auto i = from; i < std::min(to, code.size()); ++i)
    if (code[i] != '\n') code[i] = ' ';
}

std::size_t end_of_block_comment(std::string_view text, std::size_t at) {
  int depth = 0;
  for (; at + 1 < text.size(); ++at) {
    if (text[at] == '/' && text[at + 1] == '*')
      ++depth, ++at;
    else if (text[at] == '*' && text[at + 1] == '/' && (++at, --depth) == 0)
      return at + 1;
  }
  return text.size();
}

std::size_t end_of_string(std::string_view text, std::size_t quote) {
  for (auto at = quote + 1; at < text.size(); ++at) {
    if (text[at] == '\\')
      ++at;
    else if (text[at] == '"')
      return at;
  }
  return text.size();
}

// r#"…"#: `at` is the first # or the quote. npos: no raw string after all (r#keyword).
std::size_t end_of_raw_string(std::string_view text, std::size_t at, std::size_t& quote) {
  std::size_t hashes = 0;
  while (at < text.size() && text[at] == '#') ++hashes, ++at;
  if (at >= text.size() || text[at] != '"') return std::string_view::npos;
  quote = at;
  auto end = text.find("\"" + std::string(hashes, '#'), at + 1);
  return end == std::string_view::npos ? text.size() : end;
}

// 'x', '\n', '\'' are characters; 'a and 'static are lifetimes. 0: no character.
std::size_t end_of_character(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size()) return 0;
  if (text[at + 1] == '\\') {
    auto end = text.find('\'', at + 3);
    return end != std::string_view::npos && end - at < 12 ? end : 0;
  }
  for (std::size_t width = 1; width <= 4 && at + 1 + width < text.size(); ++width)
    if (text[at + 1 + width] == '\'' && (width == 1 || static_cast<unsigned char>(text[at + 1]) >= 0x80))
      return at + 1 + width;
  return 0;
}

}  // namespace

std::string without_comments_and_literals(std::string_view text) {
  std::string code(text);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at, 2) == "//") {
      auto end = std::min(text.find('\n', at), text.size());
      blank(code, at, end);
      at = end;
    } else if (text.substr(at, 2) == "/*") {
      auto end = end_of_block_comment(text, at);
      blank(code, at, end);
      at = end - 1;
    } else if (text[at] == 'r' && (at == 0 || !is_word(text[at - 1]) || text[at - 1] == 'b') &&
               at + 1 < text.size() && (text[at + 1] == '#' || text[at + 1] == '"')) {
      std::size_t quote = 0;
      auto end = end_of_raw_string(text, at + 1, quote);
      if (end == std::string_view::npos) continue;
      blank(code, quote + 1, end);
      at = end;
    } else if (text[at] == '"') {
      auto end = end_of_string(text, at);
      blank(code, at + 1, end);
      at = end;
    } else if (text[at] == '\'') {
      if (auto end = end_of_character(text, at)) {
        blank(code, at + 1, end);
        at = end;
      }
    }
  }
  return code;
}

}  // namespace tripled::diagnosis
