// A sweep of 100,000 jobs on 1,000 workers, event by event. Asserts that it ends and that nothing is granted
// twice; decision times are printed, not asserted (tests/bench measures).
#include <algorithm>
#include <chrono>
#include <deque>

#include "tests/sched/world.h"

namespace tripled::sched {
namespace {

constexpr int k_workers = 1000, k_cells = 25'000, k_setups = 60;

class Farm {
 public:
  Farm() : scheduler_(Policy{}) {}

  void add_sweeps() {
    for (int s = 0; s < 5; ++s) {
      const std::string sweep = "s" + std::to_string(s);
      SweepAdded event{sweep, {}};
      event.batches.push_back(batch(prepare(sweep + "/prepare"), sweep));
      for (int u = 0; u < k_setups; ++u)
        event.batches.push_back(batch(setup(name(sweep, "setup", u)).after({sweep + "/prepare"}), sweep));
      for (int c = 0; c < k_cells / 5; ++c) add_cell(event, sweep, c);
      send(event);
    }
    times_.clear();  // adding is not deciding
  }

  void add_workers() {
    for (int i = 0; i < k_workers; ++i) {
      WorkerHello hello{"w" + std::to_string(i), "1", 2, {}, {"stable"}, {}};
      for (int l = 0; l < 10; ++l)
        if ((i + l) % 3 != 0) hello.labels.push_back("label" + std::to_string(l));
      send(hello);
    }
  }

  void run() {
    for (int beat = 0; !grants_.empty(); ++beat) {
      const Grant grant = grants_.front();
      grants_.pop_front();
      if (beat % 20 == 0) send(Heartbeat{grant.worker, "1", {grant.lease}});
      for (const GrantedJob& job : grant.jobs) {
        send(JobStarted{grant.lease, grant.epoch, job.job});
        send(AttemptDone{grant.lease, grant.epoch, job.job, Outcome::exited, Next::finished, {}, {}});
      }
      send(BatchDone{grant.lease, grant.epoch});
      now_ += 1ms;
    }
  }

  void print_times() {
    std::sort(times_.begin(), times_.end());
    auto at = [&](double share) {
      return times_[static_cast<std::size_t>(share * double(times_.size() - 1))];
    };
    std::printf("%zu events: p50 %.1f us, p99 %.1f us, p99.9 %.1f us, max %.1f us\n", times_.size(), at(0.5),
                at(0.99), at(0.999), at(1));
  }

  const Scheduler& scheduler() const { return scheduler_; }
  int granted = 0;

 private:
  static std::string name(const std::string& sweep, const char* what, int n) {
    return sweep + "/" + what + std::to_string(n);
  }
  static BatchDef batch(A words, const std::string& sweep) {
    words.sweep = sweep;
    return words;
  }
  void add_cell(SweepAdded& event, const std::string& sweep, int c) {
    const std::string id = name(sweep, "cell", c), label = "label" + std::to_string(c % 10);
    const std::string dir = "target-dir:" + std::to_string(c % 2000);
    event.batches.push_back(batch(compile(id)
                                      .after({name(sweep, "setup", c % k_setups)})
                                      .jobs({id + ".check", id + ".build", id + ".tests"})
                                      .lock(dir)
                                      .lane(dir + "/" + std::to_string(c % k_setups))
                                      .label(label)
                                      .toolchain("stable")
                                      .expected(c % 50),
                                  sweep));
    event.batches.push_back(
        batch(execute(id + ".run").cell(id).after({id}).label(label).toolchain("stable"), sweep));
  }
  void send(const Event& event) {
    const auto before = std::chrono::steady_clock::now();
    const auto effects = scheduler_.handle(event, now_);
    times_.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - before).count());
    for (const Effect& effect : effects)
      if (const auto* grant = std::get_if<Grant>(&effect)) {
        grants_.push_back(*grant);
        ++granted;
      }
  }

  Scheduler scheduler_;
  TimePoint now_{std::chrono::hours(1)};
  std::deque<Grant> grants_;
  std::vector<double> times_;
};

TEST(Scale, HundredThousandJobsOnThousandWorkersEnd) {
  Farm farm;
  farm.add_sweeps();
  farm.add_workers();
  farm.run();
  const Counts counts = farm.scheduler().counts();
  EXPECT_EQ(counts.batches_finished, counts.batches);
  EXPECT_EQ(farm.granted, counts.batches) << "nothing was granted twice";
  EXPECT_EQ(counts.jobs.at(JobState::done), 4 * k_cells + 5 * (k_setups + 1));
  farm.print_times();
}

}  // namespace
}  // namespace tripled::sched
