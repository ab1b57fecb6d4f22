// What the terminal can show: colours, width, a line that is drawn over.
#pragma once
#include <string>

namespace tripled::cli {

enum class ColourChoice { automatic, always, never };

struct Terminal {
  bool interactive = false;  // a person watches: progress may be drawn over
  bool colour = false;
  bool unicode = true;
  int width = 80;
};

// NO_COLOR, CLICOLOR_FORCE, TERM=dumb and the option decide about colour; LANG and LC_* about Unicode.
Terminal describe_terminal(int fd, ColourChoice choice);

enum class Style { plain, bold, dim, good, bad, warn, info };
std::string styled(const Terminal& terminal, Style style, const std::string& text);

// Cargo's look: the verb in bold, right-aligned to 12 columns.
std::string verb_line(const Terminal& terminal, Style style, const std::string& verb,
                      const std::string& rest);

// At most `width` columns (bytes outside ASCII counted by code point), cut with "…".
std::string fit(const Terminal& terminal, const std::string& text, int width);

}  // namespace tripled::cli
