// Text for man pages: roff with the `man` macros. Pure.
#pragma once
#include <string>
#include <string_view>

namespace tripled::program {

struct ManHeader {
  std::string title;  // `tripled`
  int section = 1;
  std::string date;    // YYYY-MM-DD
  std::string source;  // `tripled 0.1.0`
};

// .TH and the settings of the page.
std::string man_header(const ManHeader& header);
std::string section(std::string_view title);
std::string subsection(std::string_view title);

// Running text on a line of its own; `words in backquotes` are bold.
std::string roff_text(std::string_view text);
std::string bold(std::string_view text);
std::string italic(std::string_view text);
// Text as help prints it: paragraphs, and examples, which are indented by two spaces.
std::string roff_paragraphs(std::string_view text);

}  // namespace tripled::program
