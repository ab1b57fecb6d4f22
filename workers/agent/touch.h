// Whether a worker is in touch with its daemon, as its service manager's watchdog wants to know. Pure.
#pragma once
#include <chrono>

namespace tripled::agent {

// The longest pause before a try to reach the daemon (connection.cc), and what the try itself may take.
constexpr std::chrono::seconds longest_backoff{20};  // a third of the lease (DESIGN.md)
constexpr std::chrono::seconds longest_try{60};

// `silence`: since the daemon was heard of; while there is no connection, since it was last tried. A daemon
// that cannot be reached is no fault of the worker; one that says nothing over an open connection for two
// heartbeats, or a try that does not end, may be.
inline bool in_touch(bool connected, std::chrono::steady_clock::duration silence,
                     std::chrono::milliseconds heartbeat) {
  return silence <=
         (connected ? std::chrono::steady_clock::duration(2 * heartbeat) : longest_backoff + longest_try);
}

}  // namespace tripled::agent
