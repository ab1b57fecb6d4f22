// When results that wait in memory get their file: the daemon's commit is a copy, too, and usually the first,
// so that only what it has not acknowledged after a moment is written; all of it at once while it is not
// there. Writes on a thread of its own.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>

#include "workers/agent/spool.h"

namespace tripled::agent {

class SpoolWriter {
 public:
  // A result waits once to twice as long: a daemon whose disk is not slow has acknowledged it by then.
  static constexpr std::chrono::milliseconds delay{20};

  // Both outlive it.
  SpoolWriter(boost::asio::io_context& io, Spool& spool) : spool_(spool), timer_(io) {}

  // Io thread, as the rest. A result was held; `connected`: the daemon has been sent it.
  void soon(bool connected);
  // The daemon is gone, or this process ends: nothing waits for an acknowledgement any more.
  void all_now();
  // The last of it; not on the io thread, nor while that runs.
  void join();

 private:
  void write(Spool::Which which);

  Spool& spool_;
  boost::asio::steady_timer timer_;
  bool due_ = false;      // the timer runs
  bool waiting_ = false;  // what is new when it is over waits once more
  boost::asio::thread_pool thread_{1};
};

}  // namespace tripled::agent
