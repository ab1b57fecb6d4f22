// Text for a terminal of known abilities: colour, width, ASCII. Pure.
#pragma once
#include <string>
#include <string_view>

#include "daemon/report/text.h"

namespace tripled::report {

enum class Paint { plain, bold, dim, good, bad, warn, odd };

// Columns of valid UTF-8, one a code point.
std::size_t columns(std::string_view text);

class Painter {
 public:
  explicit Painter(const TextOptions& options) : options_(options) {}

  const TextOptions& options() const { return options_; }
  std::string paint(Paint how, std::string_view text) const;
  static Paint of(Verdict verdict);
  std::string verdict(Verdict v, bool implied = false) const;  // "✗ fail", not painted
  std::string dot() const { return options_.ascii ? " - " : " · "; }
  std::string dash() const { return options_.ascii ? " -- " : " — "; }

  // Padded with blanks to `width` columns.
  static std::string left(std::string text, std::size_t width);
  static std::string right(std::string text, std::size_t width);
  // Broken at blanks so that no line is wider than the terminal; `indent` blanks before every line, `hang`
  // more before all but the first. A word that is too long stays whole.
  std::string wrapped(std::string_view text, std::size_t indent, std::size_t hang = 0) const;
  // Cut to the terminal's width with an ellipsis.
  std::string cut(std::string text) const;

 private:
  TextOptions options_;
};

}  // namespace tripled::report
