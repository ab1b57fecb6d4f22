// Sentences for tests of the scheduler: sweeps, workers and time, told from outside. After every event the
// scheduler's own recount and the recovery from its records are checked.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "daemon/sched/scheduler.h"
#include "schema/base/text.h"
#include "tests/sched/row_store.h"

namespace tripled::sched {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

// BatchDef, word by word. One job `<id>.job` unless jobs() says more.
struct A : BatchDef {
  A(BatchKind batch_kind, const std::string& name) {
    id = name;
    kind = batch_kind;
    BatchDef::jobs = {{name + ".job", std::nullopt}};
  }
  A& of(const std::string& text) { return about = text, *this; }
  A& cell(const std::string& name) { return BatchDef::cell = name, *this; }
  A& project(const std::string& name) { return BatchDef::project = name, *this; }
  A& after(const Words& names) { return BatchDef::after = names, *this; }
  A& lock(const std::string& name) { return locks.push_back(name), *this; }
  A& lane(const std::string& name) { return BatchDef::lane = name, *this; }
  A& ability(const std::string& name) { return abilities.push_back(name), *this; }
  A& slots(int n) { return BatchDef::slots = n, *this; }
  A& label(const std::string& name) { return labels.push_back(name), *this; }
  A& toolchain(const std::string& name) { return toolchains.push_back(name), *this; }
  A& expected(std::int64_t ms) { return expected_ms = ms, *this; }
  A& priority(int n) { return BatchDef::priority = n, *this; }
  A& jobs(const Words& names) {
    BatchDef::jobs.clear();
    for (const auto& name : names) BatchDef::jobs.push_back({name, std::nullopt});
    return *this;
  }
};
inline A prepare(const std::string& id) { return {BatchKind::prepare, id}; }
inline A setup(const std::string& id) { return {BatchKind::setup, id}; }
inline A compile(const std::string& id) { return A{BatchKind::compile, id}.cell(id); }
inline A execute(const std::string& id) { return A{BatchKind::execute, id}.cell(id); }

class World {
 public:
  explicit World(Policy p = {}) : policy(p), scheduler(p) {}

  void send(const Event& event) {
    effects = scheduler.handle(event, now);
    rows.apply(effects);
    EXPECT_THAT(scheduler.violations(), testing::IsEmpty());
    EXPECT_EQ(Scheduler::restore(policy, rows.rows(), now).debug_text(), scheduler.debug_text());
  }

  // --- work
  void sweep(const std::string& name, std::vector<A> batches) {
    SweepAdded event{name, {}};
    for (A& batch : batches) {
      batch.sweep = name;
      rows.add(batch);
      event.batches.push_back(batch);
    }
    send(event);
  }
  void started(const std::string& job) {
    send(JobStarted{lease_of_job(job).lease, lease_of_job(job).epoch, job});
  }
  void done(const std::string& job, Next next = Next::finished, Outcome outcome = Outcome::exited,
            const Words& skip_jobs = {}, const Words& skip_batches = {}) {
    const auto& lease = lease_of_job(job);
    send(AttemptDone{lease.lease, lease.epoch, job, outcome, next, skip_jobs, skip_batches});
  }
  void batch_done(const std::string& batch) { send(BatchDone{newest(batch).lease, newest(batch).epoch}); }
  // Every job of its grant is started and done, then the batch.
  void finish(const std::string& batch) {
    const Words jobs = granted_jobs(batch);
    for (const auto& job : jobs) {
      started(job);
      done(job);
    }
    batch_done(batch);
  }
  // The first job fails for an infrastructure reason, the batch is given up.
  void fail(const std::string& batch) {
    done(granted_jobs(batch).front(), Next::retry_infrastructure, Outcome::could_not_start);
    batch_done(batch);
  }

  // --- workers
  struct HelloWords {
    int slots = 1;
    Words labels = {}, toolchains = {};
    std::string instance = "1";
    std::vector<RunningItem> running = {};
  };
  void worker(const std::string& name) { worker(name, HelloWords{}); }
  void worker(const std::string& name, const HelloWords& words) {
    instances[name] = name + "-" + words.instance;
    send(WorkerHello{name, instances[name], words.slots, words.labels, words.toolchains, words.running});
  }
  void gone(const std::string& name, bool dead = false) { send(WorkerGone{name, instances[name], dead}); }
  void heartbeat(const std::string& name) {
    Heartbeat event{name, instances[name], {}};
    for (const auto& [id, row] : rows.leases)
      if (row.held && row.worker == name) event.leases.push_back(id);
    send(event);
  }
  RunningItem item(const std::string& batch, const std::string& attempt = "", bool spooled = false) const {
    return {newest(batch).lease, newest(batch).epoch, batch, attempt, spooled};
  }

  // --- time
  void advance(Millis by) {
    now += by;
    send(Tick{});
  }
  void restart() { scheduler = Scheduler::restore(policy, rows.rows(), now); }

  // --- what can be seen
  const RestoredLease& newest(const std::string& batch) const {
    const RestoredLease* lease = rows.newest(batch);
    if (!lease) throw std::runtime_error("no lease of " + batch);
    return *lease;
  }
  const RestoredLease& lease_of_job(const std::string& job) const {
    return newest(rows.batch_of_job.at(job));
  }
  Words granted_jobs(const std::string& batch) const {
    Words jobs;
    for (const BatchDef& def : rows.batches)
      for (const JobDef& job : def.jobs)
        for (const auto& [id, a] : rows.attempts)
          if (def.id == batch && a.job == job.id && a.lease == newest(batch).lease) jobs.push_back(job.id);
    return jobs;
  }
  // "w1", or "" when the batch is not leased.
  std::string runs_on(const std::string& batch) const {
    const RestoredLease* lease = rows.held(batch);
    return lease ? lease->worker : "";
  }
  Words running() const {
    Words out;
    for (const RunningBatch& row : scheduler.running()) out.push_back(row.batch);
    std::sort(out.begin(), out.end());
    return out;
  }
  // Batches granted by the last event, in order.
  Words granted() const {
    Words out;
    for (const Grant& grant : messages<Grant>()) out.push_back(grant.batch);
    return out;
  }
  // "blocked", "done exited", …
  std::string state(const std::string& job) const {
    const RestoredJob& row = rows.jobs.at(job);
    return to_text(row.state) + (row.outcome ? " " + to_text(*row.outcome) : "");
  }
  // "first exited, infrastructure open"
  std::string history(const std::string& job) const {
    Words out;
    for (int n = 1; rows.attempts.contains(job + "#" + std::to_string(n)); ++n) {
      const RestoredAttempt& row = rows.attempts.at(job + "#" + std::to_string(n));
      out.push_back(to_text(row.reason) + " " + (row.outcome ? to_text(*row.outcome) : "open"));
    }
    return join(out, ", ");
  }
  // "on w1", "wait: draining", "impossible: no worker has toolchain 1.85"
  std::string why(const std::string& batch) const {
    const Placement placement = scheduler.place(batch, now);
    if (const auto* placed = std::get_if<Placed>(&placement)) return "on " + placed->worker;
    if (const auto* wait = std::get_if<Wait>(&placement)) return "wait: " + wait->why;
    return "impossible: " + std::get<Impossible>(placement).why;
  }
  template <class T>
  std::vector<T> messages() const {
    std::vector<T> out;
    for (const Effect& effect : effects)
      if (const T* message = std::get_if<T>(&effect)) out.push_back(*message);
    return out;
  }

  Policy policy;
  Scheduler scheduler;
  RowStore rows;
  TimePoint now{std::chrono::hours(1)};
  std::vector<Effect> effects;  // of the last event
  std::map<std::string, std::string> instances;
};

}  // namespace tripled::sched
