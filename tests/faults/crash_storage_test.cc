// Starts that are killed before the daemon serves anybody. E.4 19: a migration is completed by the next
// start, or was never begun.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>

#include "schema/base/file.h"
#include "schema/base/text.h"
#include "tests/e2e/service.h"
#include "tests/faults/crash_scene.h"
#include "tests/faults/support.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;

void load(const fs::path& database, const std::string& script) {
  fs::create_directories(database.parent_path());
  sqlite3* db = nullptr;
  char* why = nullptr;
  ASSERT_EQ(sqlite3_open(database.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, script.c_str(), nullptr, nullptr, &why), SQLITE_OK) << why;
  sqlite3_close(db);
}

Ran serve(const fs::path& dir, const std::string& armed) {
  write_files(dir, {{"tripled.yaml", "tripled: 1\nlisten: 127.0.0.1:0\nstate: state\ncache: cache\n"}});
  return Started(dir, {"serve", (dir / "tripled.yaml").string()}, armed_with(armed)).wait(60);
}

ServeOptions without_worker() {
  ServeOptions options;
  options.local_slots = 0;
  return options;
}

// Steps of the database of the oldest version that were there after the crash.
int steps_before(const std::string& armed) {
  const auto colon = armed.find(':');
  const int pass = colon == std::string::npos ? 1 : std::stoi(armed.substr(colon + 1));
  if (armed.starts_with("daemon.migration.copied")) return 0;
  return armed.starts_with("daemon.migration.after_commit") ? pass : pass - 1;
}

void in_a_migration(const std::string& armed) {
  TemporaryDirectory dir;
  const auto database = dir.path() / "state/tripled.db";
  auto dump = read_file(TRIPLED_SOURCE_DIR "/tests/fixtures/databases/v1.sql", 4u << 20);
  ASSERT_TRUE(dump);
  ASSERT_NO_FATAL_FAILURE(load(database, *dump));
  expect_died_at(armed, serve(dir.path(), armed));
  EXPECT_EQ(query(database, "PRAGMA user_version"), std::to_string(1 + steps_before(armed)));
  EXPECT_EQ(query(database, "PRAGMA integrity_check"), "ok");
  EXPECT_EQ(query(database, "SELECT count(*) FROM sweeps"), "1");
  {
    Served served(dir.path(), dir.path(), without_worker());
    EXPECT_EQ(served.ask("GET", "/api/v1/sweeps/1").status, 200u);
    served.process().signal(SIGTERM);
    EXPECT_EQ(served.process().wait(60).status, 0);
  }
  EXPECT_GE(std::stoi(query(database, "PRAGMA user_version")), 8);
  EXPECT_EQ(query(database, "PRAGMA integrity_check"), "ok");
  EXPECT_EQ(query(database, "SELECT \"table\" FROM pragma_foreign_key_check"), "");
  for (const auto& file : fs::directory_iterator(database.parent_path()))
    EXPECT_FALSE(file.path().string().ends_with(".tmp")) << file.path();
}

// Somebody can always get in.
void with_the_first_token(const std::string& armed) {
  TemporaryDirectory dir;
  expect_died_at(armed, serve(dir.path(), armed));
  Served served(dir.path(), dir.path(), without_worker());
  EXPECT_EQ(served.ask("GET", "/api/v1/tokens").status, 200u);
}

const std::map<std::string, Scenario<>>& scenarios() {
  static const std::map<std::string, Scenario<>> all{
      {"daemon.migration.copied", {in_a_migration}},
      {"daemon.migration.before_commit", {in_a_migration, {1, 2, 3}}},
      {"daemon.migration.after_commit", {in_a_migration, {1, 2, 3}}},
      {"daemon.start.token_written", {with_the_first_token}},
  };
  return all;
}

class StorageCrash : public testing::TestWithParam<std::string> {};

TEST_P(StorageCrash, IsMadeGoodByTheNextStart) {
  const auto& scenario = scenarios().at(GetParam());
  for_each_pass(GetParam(), scenario.passes, scenario.run);
}

INSTANTIATE_TEST_SUITE_P(At, StorageCrash, testing::ValuesIn(failpoints_of_storage()), test_name_of);

}  // namespace

// E.4 17, 18: no service manager is to start it again and again.
TEST(StorageRefusal, ADatabaseThatCannotBeUsedIsNamedAndLeftAlone) {
  TemporaryDirectory dir;
  const auto database = dir.path() / "state/tripled.db";
  {
    Served served(dir.path(), dir.path(), without_worker());
    served.process().signal(SIGTERM);
    ASSERT_EQ(served.process().wait(60).status, 0);
  }
  auto expect_refused = [&](const std::string& why) {
    const auto before = read_file(database, 64u << 20);
    auto refused = serve(dir.path(), "");
    EXPECT_EQ(refused.status, 2) << refused.err;
    EXPECT_THAT(refused.err, testing::AllOf(testing::HasSubstr(database.string()), testing::HasSubstr(why)));
    EXPECT_EQ(*before, *read_file(database, 64u << 20));
  };
  query(database, "PRAGMA user_version = 99");
  query(database, "PRAGMA wal_checkpoint(TRUNCATE)");
  expect_refused("has schema 99");
  write_files(dir.path(), {{"state/tripled.db", "no database at all"}});
  expect_refused("restore a backup");
}

std::vector<std::string> failpoints_of_storage() {
  std::vector<std::string> out;
  for (const auto& [name, scenario] : scenarios()) out.push_back(name);
  return out;
}

}  // namespace tripled::e2e
