// A daemon and a worker that die at failpoints (schema/base/failpoint.h), go on, and lose nothing.
#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/faults/gated_project.h"
#include "tests/faults/invariants.h"

namespace tripled::e2e {

// `armed`: "daemon.grant.sent" or, for the third pass, "daemon.grant.sent:3".
std::map<std::string, std::string> armed_with(const std::string& armed);
// The process ended there and nowhere else.
void expect_died_at(const std::string& armed, const Ran& ran);

class CrashScene {
 public:
  // A daemon without a worker of its own, worker w1, and a sweep that ended: what is kept is there from here
  // on.
  CrashScene();

  // The daemon is killed; the next one dies at `armed`, empty: lives. Returns when w1 is connected, or the
  // daemon dead.
  void restart_daemon(const std::string& armed = "");
  void expect_daemon_dies(const std::string& armed);
  // w1 is killed where it runs; the next one dies at `armed`. Returns when it is connected, or dead.
  void restart_worker(const std::string& armed = "");

  // Of sources that no sweep before had; its id when that was acknowledged. The daemon may die meanwhile.
  std::string submit(const std::string& more = "");
  void cancel(const std::string& sweep) const;
  // Until every sweep is finished.
  void settle() const;
  std::string stored(const std::string& sql) const { return query(database_of(*fleet), sql); }
  int count(const std::string& table_and_condition) const;
  // What a client was told has begun, or has a verdict, is there and good.
  void expect_passed(const std::string& sweep) const;
  // Every row of a file has its file.
  void expect_files() const;

  TemporaryDirectory dir;
  GatedProject project{dir.path()};
  std::unique_ptr<Fleet> fleet;

 private:
  int submitted_ = 0;
};

constexpr int kCellsOfSweep = 2;
constexpr const char* kCrashLeases = "{duration: 60s, heartbeat: 1s}";
constexpr const char* kShortCrashLeases = "{duration: 4s, heartbeat: 1s}";

// "daemon_grant_sent", of a test for each failpoint.
std::string test_name_of(const testing::TestParamInfo<std::string>& failpoint);

// How a failpoint is reached, and the passes there at which the program dies.
template <class... Scene>
struct Scenario {
  void (*run)(Scene..., const std::string& armed);
  std::vector<int> passes = {1};
};
// More often with --full.
void for_each_pass(const std::string& failpoint, const std::vector<int>& passes,
                   const std::function<void(const std::string& armed)>& run);

// Those that a scenario of the file reaches.
std::vector<std::string> failpoints_of_daemon();   // crash_daemon_test.cc
std::vector<std::string> failpoints_of_storage();  // crash_storage_test.cc
std::vector<std::string> failpoints_of_worker();   // crash_worker_test.cc

}  // namespace tripled::e2e
