#include "schema/program/roff.h"

#include <cstdint>
#include <cstdio>

#include "schema/base/text.h"

namespace tripled::program {
namespace {

// The code point that starts at `at`, which moves to its last byte. `text` is valid UTF-8.
std::uint32_t code_point(std::string_view text, std::size_t& at) {
  auto byte = static_cast<unsigned char>(text[at]);
  int more = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : byte >= 0xC0 ? 1 : 0;
  std::uint32_t out = more == 0 ? byte : byte & (0x3Fu >> more);
  while (more-- > 0) out = (out << 6) | (static_cast<unsigned char>(text[++at]) & 0x3F);
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto code = code_point(text, i);
    if (code == '\\') {
      out += "\\e";
    } else if (code == '-') {
      out += "\\-";
    } else if (code == '\'') {
      out += "\\(aq";
    } else if (code == '`') {
      out += "\\(ga";
    } else if (code < 0x80) {
      out += static_cast<char>(code);
    } else {
      char name[16];
      std::snprintf(name, sizeof name, "\\[u%04X]", code);
      out += name;
    }
  }
  return !out.empty() && out.front() == '.' ? "\\&" + out : out;
}

// Lines of at most 78 bytes, as mandoc's lint wants them.
std::string wrapped(const std::string& text) {
  std::string out, line;
  for (const auto& word : split_words(text)) {
    if (!line.empty() && line.size() + 1 + word.size() > 78) {
      out += line + "\n";
      line.clear();
    }
    if (line.empty())
      line = word.front() == '.' ? "\\&" + word : word;
    else
      line += " " + word;
  }
  return out + line + "\n";
}

std::string example(const std::vector<std::string>& lines) {
  std::string out = ".PP\n.RS 4\n.nf\n";
  for (const auto& line : lines) out += escaped(trim(line)) + "\n";
  return out + ".fi\n.RE\n";
}

}  // namespace

std::string man_header(const ManHeader& header) {
  return ".TH " + escaped(to_upper(header.title)) + " " + std::to_string(header.section) + " " + header.date +
         " \"" + escaped(header.source) + "\" \"tripled manual\"\n.nh\n.ad l\n";
}

std::string section(std::string_view title) { return ".SH " + escaped(title) + "\n"; }
std::string subsection(std::string_view title) { return ".SS " + escaped(title) + "\n"; }
std::string bold(std::string_view text) { return "\\fB" + escaped(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + escaped(text) + "\\fR"; }

std::string roff_text(std::string_view text) {
  std::string out;
  auto parts = split(trim(text), '`');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    bool odd = i % 2 == 1, closed = i + 1 < parts.size();
    out += odd && closed ? bold(parts[i]) : escaped((odd ? "`" : "") + parts[i]);
  }
  return wrapped(out);
}

std::string roff_paragraphs(std::string_view text) {
  std::string out, paragraph;
  std::vector<std::string> examples;
  auto flush = [&] {
    if (!paragraph.empty()) out += ".PP\n" + roff_text(paragraph);
    if (!examples.empty()) out += example(examples);
    paragraph.clear();
    examples.clear();
  };
  for (const auto& line : split(text, '\n')) {
    bool indented = line.rfind("  ", 0) == 0;
    if (trim(line).empty() || (indented ? !paragraph.empty() : !examples.empty())) flush();
    if (trim(line).empty()) continue;
    if (indented)
      examples.push_back(line);
    else
      paragraph += (paragraph.empty() ? "" : " ") + line;
  }
  flush();
  return out;
}

}  // namespace tripled::program
