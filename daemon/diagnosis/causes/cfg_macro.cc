#include "daemon/diagnosis/causes/cfg_macro.h"

#include <algorithm>

#include "daemon/diagnosis/causes/rust_mask.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::size_t offset_of(const std::string& text, int line, int column) {
  std::size_t at = 0;
  for (int i = 1; i < line && at != std::string::npos; ++i) {
    at = text.find('\n', at);
    if (at != std::string::npos) ++at;
  }
  return at == std::string::npos
             ? text.size()
             : std::min(text.size(), at + static_cast<std::size_t>(std::max(column - 1, 0)));
}

std::size_t matching(const std::string& code, std::size_t open, char left, char right) {
  int depth = 0;
  for (auto i = open; i < code.size(); ++i) {
    if (code[i] == left) ++depth;
    if (code[i] == right && --depth == 0) return i;
  }
  return std::string::npos;
}

// The block that opens at `open` holds `target`.
bool holds(const std::string& code, std::size_t open, std::size_t target) {
  auto close = matching(code, open, '{', '}');
  return open < target && (close == std::string::npos || target < close);
}

std::string word_before(const std::string& code, std::size_t at) {
  while (at > 0 && (code[at - 1] == ' ' || code[at - 1] == '\n')) --at;
  auto end = at;
  while (at > 0 && is_word(code[at - 1])) --at;
  return code.substr(at, end - at);
}

// `let name = cfg!(…)`, `const NAME: bool = cfg!(…)`: the name; empty: it is not kept under one.
std::string kept_as(const std::string& code, std::size_t macro) {
  auto from = code.find_last_of(";{}", macro);
  from = from == std::string::npos ? 0 : from + 1;
  auto words = split_words(replace_all(replace_all(code.substr(from, macro - from), ":", " : "), "=", " = "));
  for (std::size_t i = 0; i + 2 < words.size(); ++i)
    if (words[i] == "let" || words[i] == "const" || words[i] == "static")
      return words.back() == "=" ? words[i + 1] : std::string();
  return {};
}

std::string negated(const std::string& predicate) { return "not(" + predicate + ")"; }

// `if NAME {` or `if !NAME {` around the target.
std::optional<std::string> asked_by_name(const std::string& code, const std::string& name,
                                         const std::string& predicate, std::size_t target) {
  for (bool no : {false, true}) {
    auto form = std::string("if ") + (no ? "!" : "") + name;
    for (auto at = code.find(form); at != std::string::npos && at < target; at = code.find(form, at + 1)) {
      auto end = at + form.size();
      if (end < code.size() && is_word(code[end])) continue;
      auto open = code.find_first_of("{;", end);
      if (open != std::string::npos && code[open] == '{' && holds(code, open, target))
        return no ? negated(predicate) : predicate;
    }
  }
  return std::nullopt;
}

// Which arm of `match cfg!(…) {` the target is in.
std::optional<std::string> arm(const std::string& code, std::size_t open, const std::string& predicate,
                               std::size_t target) {
  auto yes = code.rfind("true =>", target), no = code.rfind("false =>", target),
       other = code.rfind("_ =>", target);
  auto valid = [&](std::size_t at) { return at != std::string::npos && at > open; };
  std::size_t last = open;
  std::optional<std::string> out;
  if (valid(yes)) last = yes, out = predicate;
  if (valid(no) && no > last) last = no, out = negated(predicate);
  if (valid(other) && other > last) out = valid(yes) ? negated(predicate) : predicate;
  return out;
}

}  // namespace

std::optional<Gate> deciding_macro(const std::string& text, const RustSource& source, int line, int column) {
  auto code = without_comments_and_literals(text);
  auto target = offset_of(text, line, column);
  auto begin = offset_of(text, source.around(line, column).first, 1);
  std::optional<Gate> out;
  for (auto at = code.find("cfg!("); at != std::string::npos && at < target;
       at = code.find("cfg!(", at + 1)) {
    auto close = matching(code, at + 4, '(', ')');
    if (close == std::string::npos || close > target) continue;
    auto predicate = std::string(trim(std::string_view(text).substr(at + 5, close - at - 5)));
    auto between = code.substr(close + 1, target - close - 1);
    std::optional<std::string> decides;
    bool not_before = at > 0 && code[at - 1] == '!';
    // Within one expression: `cfg!(…) && f()`, `cfg!(…).then(|| f())`.
    bool joined = between.find_first_of(";}") == std::string::npos &&
                  (trim(between).starts_with("&&") || trim(between).starts_with(".then"));
    if (at >= begin && joined) decides = not_before ? negated(predicate) : predicate;
    auto open = code.find_first_of("{;", close);
    if (at >= begin && open != std::string::npos && code[open] == '{' && word_before(code, at) == "match" &&
        holds(code, open, target))
      decides = arm(code, open, predicate, target);
    if (auto name = kept_as(code, at); !name.empty())
      if (auto asked = asked_by_name(code, name, predicate, target)) decides = asked;
    if (!decides) continue;
    auto number =
        1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    out = Gate{*decides, number, true};
  }
  return out;
}

}  // namespace tripled::diagnosis
