// Why execve(2) refused a program: its errno alone cannot tell a missing program from a missing loader.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "workers/exec/process.h"

namespace tripled::exec {

// What the child was doing when it failed.
enum class StartStep { fork = 0, session = 1, directory = 2, exec = 3, mounts = 4 };

struct StartProblem {
  StartFailure failure = StartFailure::other;
  std::string text;  // "cannot start /x/y: its interpreter /lib/ld-linux.so.2 is missing"
};
StartProblem explain_start_failure(StartStep step, int error, const Command& command);

// The loader an ELF file asks for (PT_INTERP, elf(5)) or the program of a `#!` line.
std::optional<std::string> find_interpreter(const std::filesystem::path& program);

}  // namespace tripled::exec
