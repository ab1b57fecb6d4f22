// A daemon that was restored from a backup meets the worker of the store that was lost: it runs and has
// spooled what the backup never knew. Nothing of that gets in, everything is done again, once.
#include <algorithm>
#include <atomic>
#include <list>
#include <thread>

#include "daemon/app/core/core.h"
#include "daemon/store/backup.h"
#include "tests/net/client.h"
#include "tests/store/fixture.h"

namespace tripled::app {
namespace {

using store::must;

class RestoredCore : public store::StoreTest, public CoreListener {
 protected:
  void start() {
    core.reset();
    io = std::make_unique<boost::asio::io_context>();  // with what the sessions of the former daemon left
    CoreOptions options;
    options.state = directory;
    options.policy.backoff = Millis(1);
    options.identify = [](std::string_view) { return net::Identity{"w1", Role::worker}; };
    core = std::make_unique<Core>(*io, options, open(), must(store::BlobStore::open(directory / "blobs")),
                                  *this);
    must(core->listen());
  }
  // Runs the daemon meanwhile.
  template <class F>
  void meanwhile(F client) {
    io->restart();
    auto busy = boost::asio::make_work_guard(*io);
    std::jthread daemon([&] { io->run(); });
    struct Stop {  // also when the client fails
      boost::asio::io_context& io;
      ~Stop() { io.stop(); }
    } stop{*io};
    client();
  }
  static bool say(test::Client& client, wire::WorkerMessage message) {
    return client.send(wire::encode(message));
  }
  // The next message of this kind; others wait until they are asked for.
  template <class T>
  T hear(test::Client& client) {
    for (;;) {
      auto wanted = std::find_if(heard.begin(), heard.end(),
                                 [](const auto& m) { return std::holds_alternative<T>(m); });
      if (wanted != heard.end()) {
        auto out = std::get<T>(std::move(*wanted));
        heard.erase(wanted);
        return out;
      }
      auto frame = client.receive();
      if (!frame) throw std::runtime_error("the daemon did not say it");
      heard.push_back(must(wire::decode_daemon_message(*frame)));
    }
  }
  static wire::AttemptReport report(const wire::Grant& grant, wire::json::value body) {
    return {grant.lease, grant.jobs.front().job, grant.jobs.front().attempt,
            grant.epoch, Outcome::exited,        std::move(body)};
  }
  static wire::Hello hello() {
    wire::Hello out;
    out.worker = "w1";
    out.instance = "i1";
    return out;
  }
  // Until the sweep is over.
  void do_everything(test::Client& client) {
    SetupResult set_up;
    set_up.check.ok = true;
    PrepareResult prepared;
    prepared.snapshot = "s2";
    while (finished == 0) {
      auto grant = hear<wire::Grant>(client);
      auto body = grant.kind == BatchKind::prepare ? wire::to_json(prepared)
                  : grant.kind == BatchKind::setup ? wire::to_json(set_up)
                                                   : wire::to_json(AttemptResult());
      say(client, report(grant, body));
      say(client, wire::BatchDone{grant.lease, grant.epoch});
      if (grant.kind != BatchKind::compile) continue;
      for (int i = 0; i < 1000 && finished == 0; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      return;
    }
  }

  void on_event(const SweepEvent&) override {}
  void on_sweep_finished(store::SweepId sweep) override { finished = sweep; }
  void on_failed(const Error& error) override { ADD_FAILURE() << error.message(); }

  std::unique_ptr<boost::asio::io_context> io;
  std::unique_ptr<Core> core;
  std::atomic<store::SweepId> finished{0};
  std::list<wire::DaemonMessage> heard;
};

TEST_F(RestoredCore, TakesNothingOfTheStoreThatWasLost) {
  start();
  auto sweep = store::a_sweep();
  sweep.plan.cells.front().settings.stages = {Stage::check};
  const auto id = must(core->add_sweep(sweep));
  wire::Grant prepare, setup;
  std::string lost_store;
  meanwhile([&] {
    test::Client worker(core->port());
    ASSERT_EQ(worker.upgrade("Bearer x"), 101u);
    say(worker, hello());
    lost_store = hear<wire::Welcome>(worker).store;
    prepare = hear<wire::Grant>(worker);
    must(store::back_up(directory, directory / "backup"));
    PrepareResult prepared;
    prepared.snapshot = "s1";
    say(worker, report(prepare, wire::to_json(prepared)));
    say(worker, wire::BatchDone{prepare.lease, prepare.epoch});
    setup = hear<wire::Grant>(worker);
  });
  core->stop_listening();
  core.reset();
  heard.clear();
  auto restored = must(store::restore_backup({directory / "backup", directory, true}));
  EXPECT_EQ(restored.running, 1u);
  start();
  ASSERT_EQ(must(core->restore_running()), 1u);
  meanwhile([&] {
    test::Client worker(core->port());
    ASSERT_EQ(worker.upgrade("Bearer x"), 101u);
    auto again = hello();
    again.store = lost_store;
    again.held = {{prepare.lease, prepare.batch, prepare.jobs.front().attempt, prepare.epoch, true},
                  {setup.lease, setup.batch, setup.jobs.front().attempt, setup.epoch, false}};
    say(worker, again);
    auto welcome = hear<wire::Welcome>(worker);
    EXPECT_EQ(welcome.store, restored.store_id);
    ASSERT_EQ(welcome.held.size(), 2u);
    EXPECT_EQ(welcome.held[0].decision, wire::HeldDecision::drop);
    EXPECT_EQ(welcome.held[1].decision, wire::HeldDecision::stop);
    // What it sends all the same names leases that were never given out here.
    SetupResult wrong;
    wrong.check.ok = false;
    say(worker, report(setup, wire::to_json(wrong)));
    EXPECT_EQ(hear<wire::Ack>(worker).attempt, setup.jobs.front().attempt);
    do_everything(worker);
  });
  EXPECT_EQ(finished, id);
  auto record = must(reader().load_sweep(id));
  EXPECT_EQ(record.cells.front().verdict, Verdict::pass);
  EXPECT_EQ(record.prepare->snapshot, "s2");
  EXPECT_EQ(must(reader().stale_results(10)).size(), 1u);
  for (const auto& job : record.jobs) {
    ASSERT_FALSE(job.attempts.empty());
    EXPECT_EQ(job.attempts.back().row.outcome, Outcome::exited);
    // The lease that the backup knew of ended with the store.
    EXPECT_EQ(job.attempts.size(), job.row.id == std::stoll(prepare.jobs.front().job) ? 2u : 1u);
  }
  expect_sound();
}

}  // namespace
}  // namespace tripled::app
