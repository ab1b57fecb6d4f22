// The service manager that started this process: what it wants to hear (sd_notify(3),
// sd_watchdog_enabled(3)). Without one, saying is nothing. One thread.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tripled::program {

class ServiceManager {
 public:
  // Out of the environment, so that no child can speak for us.
  static ServiceManager from_environment();

  // One datagram: READY=1, STOPPING=1, WATCHDOG=1, …
  void say(std::string_view state) const;
  // How often it wants WATCHDOG=1: half of the time after which it would end us. nullopt: it does not.
  std::optional<std::chrono::microseconds> watchdog_interval() const { return interval_; }

 private:
  std::string socket_;
  std::optional<std::chrono::microseconds> interval_;
};

// A start that takes long but goes on: the service manager is asked for more time, now and then, however
// often it is called.
class LongStart {
 public:
  explicit LongStart(const ServiceManager& manager) : manager_(manager) {}
  void goes_on();

 private:
  const ServiceManager& manager_;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace tripled::program
