// What went wrong between worker and daemon, and how long it is worth to try again.
#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "schema/model/result.h"
#include "workers/agent/http.h"

namespace tripled::agent {

struct Failure {
  Error error;
  bool final = false;  // the daemon will say the same again
};

// An answer that is no 2xx; a store error where the daemon has no room.
Failure refused(const std::string& doing, const HttpReply& reply);
Error nobody_waits(const BlobRef& ref);

// A few times in a row, and for minutes while the daemon has no room: then it grants nothing meanwhile.
class Patience {
 public:
  // `give_up` is asked while there is no room.
  explicit Patience(const std::function<bool()>& give_up) : give_up_(give_up) {}

  void progressed() { failures_ = 0; }
  // Waits a little, more each time. False: it is enough.
  bool lasts(const Failure& failure);

 private:
  bool wait(std::chrono::milliseconds pause, bool may_give_up) const;

  const std::function<bool()>& give_up_;
  int failures_ = 0;
  std::optional<std::chrono::steady_clock::time_point> full_since_;
};

}  // namespace tripled::agent
