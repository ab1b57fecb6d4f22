// How this folder runs rustc, cargo and friends: through a function that is handed in, so that tests can put
// a fake in its place and the caller keeps limits and cancellation. exec_tools.h makes one from workers/exec.
// A RunTool is called from several threads at once.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "schema/base/duration.h"
#include "schema/base/result.h"

namespace tripled::toolchain {

struct ToolCommand {
  std::vector<std::string> argv;           // argv[0] absolute
  std::map<std::string, std::string> env;  // complete: nothing is inherited
  std::filesystem::path cwd = "/";
  Millis timeout{60'000};
};

struct ToolOutput {
  int exit_code = -1;  // -1: it did not exit by itself
  int signal = 0;      // what ended it, when something did
  bool timed_out = false;
  bool cancelled = false;
  std::string start_error;  // not empty: it could not even start
  std::string out, err;     // bounded by the runner: the beginning and the end are kept
  Millis wall{0}, cpu{0};   // cpu: user + system, with all descendants

  bool succeeded() const { return exit_code == 0; }
  // "exit code 101", "signal 11", "timed out", "cancelled", "could not start: …".
  std::string how_it_ended() const;
};

// An Error means that nothing is known of the process; a process that failed is a ToolOutput.
using RunTool = std::function<Result<ToolOutput>(const ToolCommand&)>;

// What of the caller's environment this folder looks at.
struct Surroundings {
  std::string path;         // PATH
  std::string home;         // HOME
  std::string cargo_home;   // $CARGO_HOME or ~/.cargo
  std::string rustup_home;  // $RUSTUP_HOME or ~/.rustup

  static Surroundings of_this_process();
  // PATH, HOME and CARGO_HOME, and nothing else: what the tools get.
  std::map<std::string, std::string> tool_environment() const;
};

}  // namespace tripled::toolchain
