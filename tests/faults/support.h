// Waiting for what a started tripled does.
#pragma once
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <thread>

#include "schema/base/text.h"
#include "tests/e2e/tripled_process.h"

namespace tripled::e2e {

// Polls at most `seconds`.
inline bool eventually(int seconds, const std::function<bool()>& condition) {
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (std::chrono::steady_clock::now() < deadline) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return condition();
}

// How often something happens in a test: tests/run --full asks for more.
inline int rounds(int usual, int full) { return std::getenv("TRIPLED_FAULTS_FULL") ? full : usual; }

// The worker itself names its state on its command line.
inline std::vector<pid_t> workers_of(const std::filesystem::path& dir) {
  return processes_with((dir / "state" / "worker").string());
}

}  // namespace tripled::e2e
