// A daemon's core on a real store and a real port, and workers that are played in the same process: prepare,
// setup and compile jobs are answered at once, each as passed. What is left to measure is the engine.
#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "daemon/app/core/core.h"

namespace tripled::bench {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(result).value();
}
inline void must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().message());
}

// The core, with the time that each message of a worker takes: decision, rows to be written, and the commit
// where the message is the one that fills a group.
class TimedCore : public app::Core {
 public:
  using Core::Core;
  void worker_message(net::SessionId session, wire::WorkerMessage message) override;
  std::vector<double> microseconds;
};

class Played : public app::CoreListener {
 public:
  // `directory` is on the disk that is to be measured. Any token of the form `NAME` is worker NAME's.
  explicit Played(const std::filesystem::path& directory);

  // A sweep of that many cells, each of these stages; each cell has a target dir of its own.
  void add_sweep(int cells, const std::vector<Stage>& stages);
  void add_worker(const std::string& name, int slots);
  void drain_worker(const std::string& name);
  // Lets the daemon run for a moment, then answers what was granted to played workers, at most `most`
  // batches. `execute`: the answer to execute jobs; none: such leases are kept until give_back().
  using Answer = std::function<AttemptResult(const sched::RunningBatch&)>;
  std::size_t turn(std::size_t most, const Answer& execute);
  // Every execute lease that is kept, as if its worker had not begun it.
  void give_back();
  std::size_t kept() const { return kept_.size(); }
  bool finished() const { return finished_; }
  std::size_t jobs() const { return jobs_.size(); }

  boost::asio::io_context io{1};
  std::unique_ptr<TimedCore> core;

 private:
  struct Job {
    std::string id;
    std::optional<Stage> stage;
  };
  std::filesystem::path sources() const;
  void read_jobs();
  void answer(const sched::RunningBatch& lease, const Answer& execute);
  wire::json::value result_of(const sched::RunningBatch& lease, const Job& job, const Answer& execute) const;
  wire::json::value prepared() const;
  wire::json::value set_up() const;
  AttemptResult compiled(const Job& job) const;

  void on_event(const app::SweepEvent&) override {}
  void on_sweep_finished(store::SweepId) override { finished_ = true; }
  void on_failed(const Error& error) override { throw std::runtime_error(error.message()); }

  std::filesystem::path directory_;
  std::map<std::string, net::SessionId> sessions_;
  std::map<std::string, std::vector<Job>> jobs_of_;  // by batch
  std::vector<std::string> jobs_;
  std::map<std::string, sched::RunningBatch> kept_;  // by batch
  std::set<sched::LeaseId> answered_;
  std::set<std::string> plan_keys_;
  bool finished_ = false;
};

}  // namespace tripled::bench
