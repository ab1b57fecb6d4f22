// A daemon and two workers in network namespaces of their own: cables are pulled and plugged in again,
// packets vanish while both ends think they are connected. The sweep ends with every verdict all the same.
#include "tests/faults/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/faults/gated_project.h"
#include "tests/faults/invariants.h"
#include "tests/faults/support.h"

namespace tripled::e2e {
namespace {

namespace json = wire::json;

class NetworkFault : public testing::Test {
 protected:
  void SetUp() override {
    for (const auto* side : {&left, &right})
      if (!side->why_not().empty()) GTEST_SKIP() << side->why_not();
    ServeOptions options;
    options.address = left.outer_address();
    options.leases = "{duration: 6s, heartbeat: 1s}";
    options.local_slots = 0;
    fleet = std::make_unique<Fleet>(dir.path(), options);
    ASSERT_NO_FATAL_FAILURE(fleet->start("w1", {}, left.through()));
    ASSERT_NO_FATAL_FAILURE(fleet->start("w2", {}, right.through()));
  }
  void wait_for_begun(int count) {
    ASSERT_TRUE(eventually(90, [&] { return project.begun() >= count; }))
        << fleet->status() << fleet->served().ask("GET", "/api/v1/sweeps/1").body << fleet->log_of("w1")
        << fleet->log_of("w2");
  }
  std::string worker_of_execute() const {
    return query(database_of(*fleet),
                 "SELECT a.worker FROM attempts a JOIN jobs j ON j.id = a.job WHERE j.stage = 'execute' AND "
                 "a.outcome IS NULL");
  }
  void expect_all_pass(const std::string& sweep) {
    auto report = fleet->served().finished(sweep, 240);
    EXPECT_EQ(report.at("sweep").at("exit_status"), 0) << json::serialize(report);
    for (const auto& cell : report.at("cells").as_array())
      EXPECT_EQ(text(cell.at("verdict")), "pass") << text(cell.at("id"));
    expect_invariants(*fleet, {"w1", "w2"});
  }

  CabledNamespace left{1}, right{2};
  TemporaryDirectory dir;
  GatedProject project{dir.path()};
  std::unique_ptr<Fleet> fleet;
};

// One cable after the other, then both, and a daemon that hears of nobody for longer than a lease.
TEST_F(NetworkFault, ASweepEndsWhileTheNetworkIsCutAndHealed) {
  auto sweep = fleet->begin(project.submission(4));
  wait_for_begun(1);
  const auto begun = project.begun();
  const bool on_left = worker_of_execute() == "w1";
  const auto& working = on_left ? left : right;
  const auto& other = on_left ? right : left;
  working.cut();
  wait_for_begun(begun + 1);                 // by the other one, once the lease is over
  for (int i = 1; i < rounds(1, 10); ++i) {  // for less than a lease
    for (const auto* side : {&left, &right}) {
      side->cut();
      std::this_thread::sleep_for(std::chrono::seconds(1 + i % 2));
      side->heal();
    }
  }
  working.heal();
  other.cut();
  std::this_thread::sleep_for(std::chrono::seconds(3));
  working.cut();
  std::this_thread::sleep_for(std::chrono::seconds(8));
  other.heal();
  project.let_go();
  std::this_thread::sleep_for(std::chrono::seconds(2));
  working.heal();
  expect_all_pass(sweep);
}

// E.4 7: the worker sends, and hears nothing; its lease does not go on for that.
TEST_F(NetworkFault, AHalfOpenConnectionHoldsNoJob) {
  auto sweep = fleet->begin(project.submission(1));
  wait_for_begun(1);
  const auto& working = worker_of_execute() == "w1" ? left : right;
  if (!working.drop()) GTEST_SKIP() << "nft cannot drop packets here";
  wait_for_begun(2);
  project.let_go();
  auto report = fleet->served().finished(sweep, 120);
  EXPECT_FALSE(report.at("sweep").at("finished_at").is_null()) << "without the silent one";
  working.let_through();
  expect_all_pass(sweep);
}

}  // namespace
}  // namespace tripled::e2e
