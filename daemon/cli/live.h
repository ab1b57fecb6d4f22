// Progress of a sweep for whoever watches: a line drawn over on a terminal, one line per event elsewhere,
// JSON lines on request. io thread only.
#pragma once
#include <chrono>
#include <map>
#include <string>

#include "daemon/app/core/core.h"
#include "daemon/cli/terminal.h"

namespace tripled::cli {

enum class LiveMode { quiet, text, json };

class Live {
 public:
  Live(LiveMode mode, Terminal terminal) : mode_(mode), terminal_(terminal) {}
  ~Live() { clear(); }

  void begin(std::size_t cells, std::size_t jobs);
  void event(const app::SweepEvent& event);
  void message(Style style, const std::string& verb, const std::string& text);
  // Redraws the line: durations go on while nothing happens.
  void tick();
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  struct Running {
    std::string what, detail;
    Clock::time_point since;
  };
  void job_finished(const app::SweepEvent& event);
  void print(const std::string& line);
  std::string status_line() const;
  std::string eta() const;

  const LiveMode mode_;
  const Terminal terminal_;
  Clock::time_point started_ = Clock::now();
  std::size_t cells_ = 0, cells_done_ = 0, jobs_ = 0, jobs_done_ = 0, failed_ = 0, broken_ = 0;
  std::map<std::string, Running> running_;  // by job
  std::string last_block_;                  // the reason printed last, of what was blocked
  bool drawn_ = false;
};

}  // namespace tripled::cli
