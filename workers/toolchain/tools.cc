#include "workers/toolchain/tools.h"

#include <cstdlib>

namespace tripled::toolchain {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

std::string ToolOutput::how_it_ended() const {
  if (!start_error.empty()) return "could not start: " + start_error;
  if (cancelled) return "cancelled";
  if (timed_out) return "timed out";
  if (signal != 0) return "signal " + std::to_string(signal);
  return "exit code " + std::to_string(exit_code);
}

Surroundings Surroundings::of_this_process() {
  Surroundings out;
  out.path = variable("PATH");
  if (out.path.empty()) out.path = "/usr/local/bin:/usr/bin:/bin";
  out.home = variable("HOME");
  out.cargo_home = variable("CARGO_HOME");
  if (out.cargo_home.empty() && !out.home.empty()) out.cargo_home = out.home + "/.cargo";
  out.rustup_home = variable("RUSTUP_HOME");
  if (out.rustup_home.empty() && !out.home.empty()) out.rustup_home = out.home + "/.rustup";
  return out;
}

std::map<std::string, std::string> Surroundings::tool_environment() const {
  std::map<std::string, std::string> env{{"PATH", path}};
  if (!home.empty()) env["HOME"] = home;
  if (!cargo_home.empty()) env["CARGO_HOME"] = cargo_home;
  return env;
}

}  // namespace tripled::toolchain
