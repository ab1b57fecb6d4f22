// The worker: keeps one session with a daemon, runs leases on slot threads, spools results until
// acknowledged.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "workers/agent/connection.h"
#include "workers/exec/process.h"

namespace tripled::agent {

struct AgentOptions {
  DaemonAddress daemon;
  std::string name;
  int slots = 2;
  std::string pool = "default";
  bool compiles = true, executes = true;
  std::vector<std::string> labels;
  std::filesystem::path cache, state;
  std::uint64_t cache_limit = 100ull << 30;  // bytes; 0: none
  std::uint64_t least_free = 1ull << 30;     // bytes on the cache's disk, below which no lease is taken
  exec::Limits job_limits;                   // of every job: processes, memory, file_size
  bool exit_on_stdin_eof = false;            // a local worker ends with the program that started it
};

// Runs until the daemon says goodbye (0), the session is taken over or refused (1), or a signal (0 after a
// drain).
int run_agent(AgentOptions options);

}  // namespace tripled::agent
