// A line for a shell, and what it said.
#pragma once
#include <string>

namespace tripled::test {

struct Said {
  int status = -1;
  std::string out;  // and what went to standard error
};

Said shell(const std::string& command);
bool has_program(const std::string& name);
// Where the build writes man pages and completions.
std::string document(const std::string& name);

}  // namespace tripled::test
