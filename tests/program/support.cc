#include "tests/program/support.h"

#include <sys/wait.h>

#include <cstdio>

namespace tripled::test {

Said shell(const std::string& command) {
  Said said;
  auto* stream = ::popen(("{ " + command + "\n} 2>&1").c_str(), "r");
  if (stream == nullptr) return said;
  for (int c = std::fgetc(stream); c != EOF; c = std::fgetc(stream)) said.out += static_cast<char>(c);
  int status = ::pclose(stream);
  said.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return said;
}

bool has_program(const std::string& name) { return shell("command -v " + name).status == 0; }

std::string document(const std::string& name) { return TRIPLED_BINARY_DIR "/deploy/" + name; }

}  // namespace tripled::test
