#include "daemon/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "schema/base/text.h"

namespace tripled::cli {

static std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

static bool says_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    auto value = to_lower(variable(name));
    if (!value.empty()) return contains(value, "utf-8") || contains(value, "utf8");
  }
  return false;
}

Terminal describe_terminal(int fd, ColourChoice choice) {
  Terminal out;
  bool tty = ::isatty(fd) == 1;
  bool dumb = variable("TERM") == "dumb" || variable("TERM").empty();
  out.interactive = tty && !dumb;
  out.unicode = says_utf8();
  switch (choice) {
    case ColourChoice::always:
      out.colour = true;
      break;
    case ColourChoice::never:
      out.colour = false;
      break;
    case ColourChoice::automatic:
      out.colour =
          variable("NO_COLOR").empty() &&
          (out.interactive || (!variable("CLICOLOR_FORCE").empty() && variable("CLICOLOR_FORCE") != "0"));
  }
  winsize size{};
  if (tty && ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) out.width = size.ws_col;
  return out;
}

std::string styled(const Terminal& terminal, Style style, const std::string& text) {
  if (!terminal.colour || style == Style::plain) return text;
  const char* code = "";
  switch (style) {
    case Style::plain:
      break;
    case Style::bold:
      code = "1";
      break;
    case Style::dim:
      code = "2";
      break;
    case Style::good:
      code = "1;32";
      break;
    case Style::bad:
      code = "1;31";
      break;
    case Style::warn:
      code = "1;33";
      break;
    case Style::info:
      code = "1;36";
      break;
  }
  return "\033[" + std::string(code) + "m" + text + "\033[0m";
}

std::string verb_line(const Terminal& terminal, Style style, const std::string& verb,
                      const std::string& rest) {
  std::string padding(verb.size() < 12 ? 12 - verb.size() : 0, ' ');
  return padding + styled(terminal, style, verb) + " " + rest;
}

std::string fit(const Terminal& terminal, const std::string& text, int width) {
  int columns = 0;
  std::size_t cut = text.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) == 0x80) continue;
    if (columns == width - 1) cut = i;
    if (++columns > width) return text.substr(0, cut) + (terminal.unicode ? "…" : ">");
  }
  return text;
}

}  // namespace tripled::cli
