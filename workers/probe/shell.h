// Runs the small programs of a preflight one after the other and writes down what each printed. One thread.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "workers/cargo/command.h"
#include "workers/exec/capture.h"
#include "workers/probe/context.h"

namespace tripled::probe {

class ProbeShell {
 public:
  // Commands get the environment that jobs get.
  explicit ProbeShell(const ProbeContext& context)
      : context_(context), environment_(cargo::base_environment(context.environment)) {}
  ~ProbeShell();
  ProbeShell(const ProbeShell&) = delete;
  ProbeShell& operator=(const ProbeShell&) = delete;

  // `argv[0]` absolute. What cannot be run at all is a result of kind could_not_start. The time limit grows
  // with the load of the machine, up to six times.
  exec::Captured run(const std::vector<std::string>& argv, const std::map<std::string, std::string>& env,
                     Millis limit, const std::filesystem::path& cwd = {});
  // A probe that ran out of time on a busy machine gets a second, longer chance.
  exec::Captured run_twice(const std::vector<std::string>& argv,
                           const std::map<std::string, std::string>& env, Millis limit);
  void note(std::string_view line);

  // A directory of this shell's own, removed with it. Errors: io.
  Result<std::filesystem::path> scratch();
  // Absolute path of a program on the worker's PATH, or `name` itself when it is an absolute path of
  // one; empty: there is none.
  std::string find(const std::string& name) const;

  const std::string& log() const { return log_; }
  const ProbeContext& context() const { return context_; }
  bool cancelled() const { return context_.cancel.cancelled(); }

 private:
  const ProbeContext& context_;
  const std::map<std::string, std::string> environment_;
  std::filesystem::path scratch_;
  std::string log_;
};

// The first or last line that is not empty, trimmed and bounded: for reasons of one line.
std::string first_line(std::string_view text);
std::string last_line(std::string_view text);

}  // namespace tripled::probe
