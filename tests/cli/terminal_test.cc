// When there are colours, how wide it is, and what lines look like. A pseudo terminal stands for a person.
#include "daemon/cli/terminal.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/cli/environment.h"

namespace tripled::cli {
namespace {

using test::Environment;
using testing::HasSubstr;

// A terminal that nobody looks at.
class PseudoTerminal {
 public:
  explicit PseudoTerminal(unsigned short columns) {
    master_ = ::posix_openpt(O_RDWR | O_NOCTTY);
    if (master_ < 0 || ::grantpt(master_) != 0 || ::unlockpt(master_) != 0)
      throw std::runtime_error("no pty");
    slave_ = ::open(::ptsname(master_), O_RDWR | O_NOCTTY);
    winsize size{};
    size.ws_col = columns;
    size.ws_row = 24;
    if (slave_ < 0 || ::ioctl(slave_, TIOCSWINSZ, &size) != 0) throw std::runtime_error("no pty");
  }
  ~PseudoTerminal() {
    ::close(slave_);
    ::close(master_);
  }
  int fd() const { return slave_; }

 private:
  int master_ = -1, slave_ = -1;
};

class NoTerminal {
 public:
  NoTerminal() : fd_(::open("/dev/null", O_WRONLY)) {}
  ~NoTerminal() { ::close(fd_); }
  int fd() const { return fd_; }

 private:
  int fd_;
};

using Variables = std::map<std::string, std::optional<std::string>>;

// A person's usual environment, and what the test changes in it.
Variables usual(Variables changed = {}) {
  Variables out{{"TERM", "xterm-256color"}, {"NO_COLOR", std::nullopt}, {"CLICOLOR_FORCE", std::nullopt},
                {"LC_ALL", std::nullopt},   {"LC_CTYPE", std::nullopt}, {"LANG", "en_US.UTF-8"}};
  for (auto& [name, value] : changed) out[name] = value;
  return out;
}

TEST(Colour, OnATerminalUnlessThePersonOrTheTerminalSaysNo) {
  PseudoTerminal tty(100);
  struct Case {
    Variables changed;
    bool colour, interactive;
  };
  for (const auto& c : {Case{{}, true, true}, Case{{{"NO_COLOR", "1"}}, false, true},
                        Case{{{"NO_COLOR", "0"}}, false, true},  // any value (no-color.org)
                        Case{{{"NO_COLOR", ""}}, true, true}, Case{{{"TERM", "dumb"}}, false, false},
                        Case{{{"TERM", std::nullopt}}, false, false},
                        Case{{{"NO_COLOR", "1"}, {"CLICOLOR_FORCE", "1"}}, false, true}}) {
    Environment env(usual(c.changed));
    auto terminal = describe_terminal(tty.fd(), ColourChoice::automatic);
    std::string what;
    for (const auto& [name, value] : c.changed) what += name + "=" + value.value_or("(unset)") + " ";
    EXPECT_EQ(terminal.colour, c.colour) << what;
    EXPECT_EQ(terminal.interactive, c.interactive) << what;
  }
}

TEST(Colour, NotInAFileUnlessForced) {
  NoTerminal file;
  {
    Environment env(usual());
    auto terminal = describe_terminal(file.fd(), ColourChoice::automatic);
    EXPECT_FALSE(terminal.colour);
    EXPECT_FALSE(terminal.interactive);
    EXPECT_EQ(terminal.width, 80);
  }
  {
    Environment env(usual({{"CLICOLOR_FORCE", "1"}}));
    auto terminal = describe_terminal(file.fd(), ColourChoice::automatic);
    EXPECT_TRUE(terminal.colour);
    EXPECT_FALSE(terminal.interactive);  // nothing is drawn over in a file
  }
  Environment env(usual({{"CLICOLOR_FORCE", "0"}}));
  EXPECT_FALSE(describe_terminal(file.fd(), ColourChoice::automatic).colour);
}

TEST(Colour, TheOptionIsStrongerThanTheEnvironment) {
  PseudoTerminal tty(100);
  NoTerminal file;
  Environment env(usual({{"NO_COLOR", "1"}}));
  EXPECT_TRUE(describe_terminal(file.fd(), ColourChoice::always).colour);
  EXPECT_TRUE(describe_terminal(tty.fd(), ColourChoice::always).colour);
  Environment forced(usual({{"CLICOLOR_FORCE", "1"}}));
  EXPECT_FALSE(describe_terminal(tty.fd(), ColourChoice::never).colour);
}

TEST(Width, IsTheTerminalsOrEighty) {
  Environment env(usual());
  EXPECT_EQ(describe_terminal(PseudoTerminal(132).fd(), ColourChoice::automatic).width, 132);
  EXPECT_EQ(describe_terminal(PseudoTerminal(40).fd(), ColourChoice::automatic).width, 40);
  EXPECT_EQ(describe_terminal(PseudoTerminal(0).fd(), ColourChoice::automatic).width, 80);  // serial lines
  EXPECT_EQ(describe_terminal(PseudoTerminal(3).fd(), ColourChoice::automatic).width, 80);
}

TEST(Unicode, IsTheLocalesFirstWord) {
  NoTerminal file;
  struct Case {
    Variables changed;
    bool unicode;
  };
  for (const auto& c : {Case{{}, true}, Case{{{"LANG", "C"}}, false}, Case{{{"LANG", std::nullopt}}, false},
                        Case{{{"LANG", "de_DE.utf8"}}, true}, Case{{{"LC_ALL", "C"}}, false},
                        Case{{{"LC_ALL", ""}, {"LC_CTYPE", "C.UTF-8"}, {"LANG", "C"}}, true},
                        Case{{{"LC_CTYPE", "POSIX"}}, false}}) {
    Environment env(usual(c.changed));
    EXPECT_EQ(describe_terminal(file.fd(), ColourChoice::automatic).unicode, c.unicode);
  }
}

Terminal plain() { return {false, false, true, 80}; }
Terminal coloured() { return {true, true, true, 80}; }

TEST(Styled, WithoutColoursThereIsNoEscape) {
  for (auto style :
       {Style::plain, Style::bold, Style::dim, Style::good, Style::bad, Style::warn, Style::info}) {
    EXPECT_EQ(styled(plain(), style, "text"), "text");
    auto drawn = styled(coloured(), style, "text");
    EXPECT_THAT(drawn, HasSubstr("text"));
    if (style != Style::plain) {
      EXPECT_EQ(drawn.rfind("\033[", 0), 0u);
      EXPECT_TRUE(drawn.ends_with("\033[0m"));
    }
  }
}

TEST(VerbLine, IsAlignedLikeCargosWithAndWithoutColours) {
  EXPECT_EQ(verb_line(plain(), Style::info, "Preparing", "sample"), "   Preparing sample");
  EXPECT_EQ(verb_line(plain(), Style::info, "a-verb-of-some-length", "x"), "a-verb-of-some-length x");
  auto drawn = verb_line(coloured(), Style::info, "Preparing", "sample");
  for (const auto& escape : {"\033[1;36m", "\033[0m"})
    drawn.erase(drawn.find(escape), std::string(escape).size());
  EXPECT_EQ(drawn, "   Preparing sample");
}

TEST(Fit, CutsByColumnsAndNeverInsideALetter) {
  EXPECT_EQ(fit(plain(), "12345", 5), "12345");
  EXPECT_EQ(fit(plain(), "123456", 5), "1234…");
  EXPECT_EQ(fit(plain(), "äöüßé", 5), "äöüßé");
  EXPECT_EQ(fit(plain(), "äöüßéx", 5), "äöüß…");
  Terminal ascii = plain();
  ascii.unicode = false;
  EXPECT_EQ(fit(ascii, "123456", 5), "1234>");
  EXPECT_EQ(fit(plain(), "", 5), "");
}

}  // namespace
}  // namespace tripled::cli
