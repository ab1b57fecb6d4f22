// The daemon's core between a real store and a worker that is played by the test.
#pragma once
#include "daemon/app/core/core.h"
#include "tests/store/fixture.h"

namespace tripled::app {

using store::must;

class CoreTest : public store::StoreTest, public CoreListener {
 protected:
  CoreTest() { start(); }

  void start() {
    end();
    CoreOptions options;
    options.state = directory;
    options.policy.backoff = Millis(1);
    options.policy.poison_losses = 1;
    options.keep_events = keep_events;
    options.shards = shards;
    core =
        std::make_unique<Core>(io, options, open(), must(store::BlobStore::open(directory / "blobs")), *this);
    must(core->listen());
  }
  // Nothing that it posted may run behind its end.
  void end() {
    io.restart();
    while (io.poll() > 0) {
    }
    core.reset();
  }
  void add_sweep(std::vector<Stage> stages) {
    auto sweep = store::a_sweep();
    sweep.plan.cells.front().settings.stages = std::move(stages);
    id = must(core->add_sweep(sweep));
    turn();
  }

  // --- the worker
  void hello(std::vector<wire::HeldAttempt> held = {}) {
    wire::Hello message;
    message.worker = "w1";
    message.instance = instance;
    message.slots = 2;
    message.held = std::move(held);
    core->worker_opened(1, {"w1", Role::worker});
    say(message);
  }
  void say(wire::WorkerMessage message) {
    core->worker_message(1, std::move(message));
    turn();
  }
  sched::RunningBatch lease() {
    for (int i = 0; i < 100 && core->scheduler().running().empty(); ++i) turn();
    auto running = core->scheduler().running();
    std::string why = "nothing is leased";
    for (const auto& waiting : core->scheduler().waiting(std::chrono::steady_clock::now(), 10)) {
      const auto* wait = std::get_if<sched::Wait>(&waiting.placement);
      const auto* never = std::get_if<sched::Impossible>(&waiting.placement);
      why += "; batch " + waiting.batch + ": " + (wait ? wait->why : never ? never->why : "placed");
    }
    if (running.empty()) throw std::runtime_error(why);
    return running.front();
  }
  // The jobs of a batch, as stored.
  std::vector<store::JobRecord> jobs(const std::string& batch) {
    std::vector<store::JobRecord> out;
    for (auto& j : record().jobs)
      if (std::to_string(j.row.batch) == batch) out.push_back(j);
    return out;
  }
  wire::AttemptReport report(const sched::RunningBatch& l, const store::JobRecord& job, Outcome outcome,
                             wire::json::value body) {
    auto name = std::to_string(job.row.id);
    return {l.lease, name,    name + "#" + std::to_string(job.attempts.size()),
            l.epoch, outcome, std::move(body)};
  }
  // Every job of the only lease ends so.
  template <class Body>
  void finish(const Body& body, Outcome outcome = Outcome::exited) {
    auto l = lease();
    for (const auto& job : jobs(l.batch)) say(report(l, job, outcome, wire::to_json(body)));
    say(wire::BatchDone{l.lease, l.epoch});
  }
  void prepare_and_set_up() {
    PrepareResult prepared;
    prepared.snapshot = "s1";
    finish(prepared);
    SetupResult set_up;
    set_up.check.ok = true;
    finish(set_up);
  }

  // --- what came of it
  void expect_finished() {
    for (int i = 0; i < 1000 && finished != id; ++i) turn();
    EXPECT_EQ(finished, id);
  }
  store::SweepRecord record() { return must(reader().load_sweep(id)); }
  const store::JobRecord job(BatchKind kind) {
    auto all = record();
    for (const auto& b : all.batches)
      if (b.kind == kind) return jobs(std::to_string(b.id)).front();
    throw std::runtime_error("no such batch");
  }
  std::string told(const std::string& kind) const {
    std::string out;
    for (const auto& e : events)
      if (e.kind == kind) out += e.text + "\n";
    return out;
  }

  void turn() {
    io.restart();
    io.run_for(std::chrono::milliseconds(5));
  }
  void on_event(const SweepEvent& event) override { events.push_back(event); }
  void on_sweep_finished(store::SweepId sweep) override { finished = sweep; }
  void on_failed(const Error& error) override { failure = error.message(); }

  boost::asio::io_context io;
  std::unique_ptr<Core> core;
  store::SweepId id = 0, finished = 0;
  std::string instance = "i1", failure;
  std::int64_t keep_events = 0;
  ShardPolicy shards;
  std::vector<SweepEvent> events;
};

}  // namespace tripled::app
