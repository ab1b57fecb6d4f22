#include "tests/metrics/promtool.h"

#include <sys/wait.h>

#include <cstdio>
#include <filesystem>

namespace tripled::test {

static std::filesystem::path program() {
  return std::filesystem::path(TRIPLED_BINARY_DIR) / "tools/usr/bin/promtool";
}

bool promtool_is_here() { return std::filesystem::exists(program()); }

Said promtool(const std::string& arguments) {
  Said out;
  auto* stream = ::popen(("'" + program().string() + "' " + arguments + " 2>&1").c_str(), "r");
  if (stream == nullptr) return out;
  for (int c = std::fgetc(stream); c != EOF; c = std::fgetc(stream)) out.text += static_cast<char>(c);
  int status = ::pclose(stream);
  out.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return out;
}

}  // namespace tripled::test
