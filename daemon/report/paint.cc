#include "daemon/report/paint.h"

#include "daemon/report/words.h"
#include "schema/base/text.h"

namespace tripled::report {

std::size_t columns(std::string_view text) {
  std::size_t out = 0;
  for (char c : text)
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) ++out;
  return out;
}

std::string Painter::paint(Paint how, std::string_view text) const {
  if (!options_.colour || how == Paint::plain || text.empty()) return std::string(text);
  const char* code = "";
  switch (how) {
    case Paint::plain:
      break;
    case Paint::bold:
      code = "1";
      break;
    case Paint::dim:
      code = "2";
      break;
    case Paint::good:
      code = "32";
      break;
    case Paint::bad:
      code = "1;31";
      break;
    case Paint::warn:
      code = "33";
      break;
    case Paint::odd:
      code = "35";
      break;
  }
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

Paint Painter::of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return Paint::good;
    case Verdict::fail:
    case Verdict::timeout:
      return Paint::bad;
    case Verdict::broken:
      return Paint::warn;
    case Verdict::flaky:
    case Verdict::suspect:
      return Paint::odd;
    case Verdict::blocked:
    case Verdict::excluded:
    case Verdict::cancelled:
      return Paint::dim;
  }
  return Paint::plain;
}

std::string Painter::verdict(Verdict v, bool implied) const {
  return symbol(v, options_.ascii) + " " + to_text(v) + (implied ? "*" : "");
}

std::string Painter::left(std::string text, std::size_t width) {
  auto have = columns(text);
  if (have < width) text.append(width - have, ' ');
  return text;
}

std::string Painter::right(std::string text, std::size_t width) {
  auto have = columns(text);
  return have < width ? std::string(width - have, ' ') + text : text;
}

std::string Painter::wrapped(std::string_view text, std::size_t indent, std::size_t hang) const {
  const auto width = static_cast<std::size_t>(options_.width);
  std::string out, line(indent, ' ');
  bool empty = true;
  for (const auto& word : split_words(text)) {
    if (!empty && columns(line) + 1 + columns(word) > width) {
      out += line + "\n";
      line.assign(indent + hang, ' ');
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    empty = false;
  }
  return out + line + "\n";
}

std::string Painter::cut(std::string text) const {
  const auto width = static_cast<std::size_t>(options_.width);
  if (columns(text) <= width) return text;
  const std::string ellipsis = options_.ascii ? "..." : "…";
  const auto keep = width - columns(ellipsis);
  std::size_t at = 0, seen = 0;
  while (at < text.size()) {
    bool starts = (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
    if (starts && seen == keep) break;
    seen += starts ? 1 : 0;
    ++at;
  }
  return text.substr(0, at) + ellipsis;
}

}  // namespace tripled::report
