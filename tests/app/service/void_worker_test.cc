// The service when a worker was wrong: what is said of it and what follows for sweeps that stay as they are.
#include <gmock/gmock.h>

#include <algorithm>

#include "daemon/app/service/service.h"
#include "tests/store/fixture.h"

namespace tripled::app {
namespace {

using store::must;
using testing::HasSubstr;

class VoidWorkerTest : public store::StoreTest {
 protected:
  ~VoidWorkerTest() override {
    if (service) service->stop();
    service.reset();
  }
  // A finished sweep of the one matrix, its only cell executed by `worker` and well.
  store::SweepId a_good_sweep(store::Store& store, const std::string& worker) const {
    auto tx = must(store.begin());
    auto sweep = must(tx.create_sweep(store::a_sweep()));
    auto batch = must(tx.put_batch(store::a_batch(sweep)));
    auto row = store::a_job(sweep, batch, Stage::execute);
    row.id = must(tx.put_job(row));
    row.state = JobState::done;
    row.outcome = Outcome::exited;
    row.verdict = Verdict::pass;
    must(tx.update_job(row));
    auto lease = store::a_lease(batch, 1);
    lease.worker = worker;
    auto attempt = store::an_attempt(row.id, must(tx.put_lease(lease)), 1);
    attempt.worker = worker;
    auto finish = store::a_finish(must(tx.create_attempt(attempt)), 1);
    finish.result.tests = {store::a_test("a")};
    must(tx.finish_attempt(finish));
    must(tx.set_cell_verdict(sweep, store::a_cell().id, Verdict::pass, Expectation::none, ""));
    must(tx.finish_sweep(sweep, store::SweepState::finished, 0, 2000));
    must(tx.commit());
    return sweep;
  }
  void start() {
    config::ServiceSettings settings;
    settings.listen = {"127.0.0.1", 0};
    settings.state = directory.string();
    settings.cache = (directory / "cache").string();
    service = must(Service::start(io, settings, program::ServiceManager::from_environment(),
                                  [this](const Error& error) { failure = error.message(); }));
  }
  template <class Condition>
  bool eventually(Condition condition) {
    for (int i = 0; i < 1000 && !condition(); ++i) {
      io.restart();
      io.run_for(std::chrono::milliseconds(5));
    }
    return condition();
  }
  store::SweepRow row(store::SweepId sweep) const { return *must(reader().sweep(sweep)); }

  boost::asio::io_context io;
  std::unique_ptr<Service> service;
  std::string failure;
};

web::VoidRequest all_of(const std::string& worker) {
  web::VoidRequest out;
  out.worker = worker;
  return out;
}

TEST_F(VoidWorkerTest, AFinishedSweepThatKeepsVoidVerdictsHasTheStatusOfWhatIsLeft) {
  store::SweepId older = 0, newer = 0, other = 0;
  {
    auto store = open();
    older = a_good_sweep(store, "wrong");
    other = a_good_sweep(store, "good");
    newer = a_good_sweep(store, "good");
  }
  start();
  auto done = must(service->void_worker(all_of("wrong"), "ann"));
  EXPECT_EQ(done.attempts, 1);
  EXPECT_TRUE(done.reopened.empty());
  ASSERT_EQ(done.left.size(), 1u);
  EXPECT_EQ(done.left[0].sweep, std::to_string(older));
  EXPECT_THAT(done.left[0].why, HasSubstr("newer sweep"));
  EXPECT_EQ(row(older).exit_status, 0) << "its report is judged on another thread";
  EXPECT_TRUE(eventually([&] { return row(older).exit_status == 3; })) << "only broken: the worker was";
  EXPECT_EQ(row(older).finished_at, 2000) << "it did not run again";
  EXPECT_EQ(row(older).state, store::SweepState::finished);
  EXPECT_EQ(must(reader().load_sweep(older)).cells.front().verdict, Verdict::pass) << "what it was stays";
  for (auto untouched : {other, newer}) EXPECT_EQ(row(untouched).exit_status, 0);
  auto audit = must(reader().audit(10));
  const auto is_void = [](const store::AuditRow& line) { return line.what == "void" && line.who == "ann"; };
  ASSERT_EQ(std::count_if(audit.begin(), audit.end(), is_void), 1);
  EXPECT_THAT(std::find_if(audit.begin(), audit.end(), is_void)->detail_json, HasSubstr("\"wrong\""));

  // Again is fine: it is void already.
  done = must(service->void_worker(all_of("wrong"), "ann"));
  EXPECT_EQ(done.left.size(), 1u);
  EXPECT_EQ(row(older).exit_status, 3);
  EXPECT_EQ(failure, "");
  expect_sound();
}

TEST_F(VoidWorkerTest, AWorkerThatDidNothingVoidsNothing) {
  store::SweepId sweep = 0;
  {
    auto store = open();
    sweep = a_good_sweep(store, "good");
  }
  start();
  auto done = must(service->void_worker(all_of("another"), "ann"));
  EXPECT_EQ(done.attempts, 0);
  EXPECT_TRUE(done.left.empty());
  auto before = all_of("good");
  before.until = 1300;  // its attempt ended then
  EXPECT_EQ(must(service->void_worker(before, "ann")).attempts, 0);
  EXPECT_EQ(row(sweep).exit_status, 0);
  EXPECT_TRUE(must(reader().voided_attempts(must(reader().load_sweep(sweep)).jobs.front().row.id)).empty());
}

}  // namespace
}  // namespace tripled::app
