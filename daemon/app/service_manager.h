// What the daemon says to the service manager that started it (sd_notify(3)): one datagram to the socket that
// NOTIFY_SOCKET names; nothing where there is none. Any thread.
#pragma once
#include <chrono>
#include <string>

namespace tripled::app {

void notify_service_manager(const std::string& state);

// A start that takes long but goes on: the service manager is asked for more time, now and then, however
// often it is called.
class LongStart {
 public:
  void goes_on();

 private:
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace tripled::app
