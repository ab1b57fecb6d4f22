// `tripled backup`, `restore` and `gc` as people call them.
#include <gmock/gmock.h>

#include <fstream>

#include "daemon/store/blobs.h"
#include "tests/e2e/tripled_process.h"
#include "tests/store/fixture.h"

namespace tripled::cli {
namespace {

using store::must;
using testing::HasSubstr;

class Storage : public store::StoreTest {
 protected:
  Storage() {
    std::filesystem::create_directories(directory / "state");
    database = directory / "state" / "tripled.db";
    settings = directory / "tripled.yaml";
    std::ofstream(settings) << "tripled: 1\nstate: state\ndisk: {logs: 1000 B}\n";
  }
  e2e::Ran run(std::vector<std::string> args) const {
    args.insert(args.end(), {"--settings", settings.string()});
    return e2e::Started(directory, args, {}, directory).wait(60);
  }
  // Finished sweeps with a log of 600 bytes each.
  void add_sweeps(store::Store& store, int count) {
    auto blobs = must(store::BlobStore::open(directory / "state" / "blobs"));
    for (int i = 0; i < count; ++i) {
      auto log = must(blobs.put(std::string(599, 'x') + static_cast<char>('a' + i)));
      // Young files are spared, for a result that names them may be on its way.
      std::filesystem::last_write_time(must(blobs.path_of(log.hash)),
                                       std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
      auto tx = must(store.begin());
      auto ids = store::start_attempt(tx);
      must(tx.add_blob({log.hash, log.size, store::BlobClass::log, 5}));
      auto finish = store::a_finish(ids.attempt, 1);
      finish.result.log = log;
      must(tx.finish_attempt(finish));
      must(tx.set_cell_verdict(ids.sweep, store::a_cell().id, Verdict::pass, Expectation::none, ""));
      must(tx.finish_sweep(ids.sweep, store::SweepState::finished, 0, 9));
      must(tx.commit());
    }
  }
  std::filesystem::path settings;
};

TEST_F(Storage, BackupWhileADaemonHasItAndRestore) {
  const auto to = (directory / "backup").string();
  {
    auto store = open();
    add_sweeps(store, 2);
    auto made = run({"backup", to});
    EXPECT_EQ(made.status, 0) << made.err;
    EXPECT_THAT(made.out, HasSubstr("2 sweeps up to 2"));
    EXPECT_THAT(made.out, HasSubstr("2 files of 1.2 KiB (2 new), checked"));
    add_sweeps(store, 1);
    auto used = run({"restore", to, "--replace"});
    EXPECT_EQ(used.status, 3);
    EXPECT_THAT(used.err, HasSubstr("in use by"));
  }
  auto refused = run({"restore", to});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("the newest 3"));
  EXPECT_THAT(refused.err, HasSubstr("--replace"));
  auto restored = run({"restore", to, "--replace"});
  EXPECT_EQ(restored.status, 0) << restored.err;
  EXPECT_THAT(restored.out, HasSubstr("restored 2 sweeps and 2 files; the next sweep is 1001"));
  EXPECT_THAT(restored.out, HasSubstr("the former database is"));
  EXPECT_EQ(must(reader().sweeps({})).size(), 2u);
}

TEST_F(Storage, ABackupThatLacksFilesSaysWhichAndSo) {
  {
    auto store = open();
    add_sweeps(store, 1);
  }
  std::filesystem::remove_all(directory / "state" / "blobs");
  auto made = run({"backup", (directory / "backup").string()});
  EXPECT_EQ(made.status, 1) << made.err;
  EXPECT_THAT(made.out, HasSubstr("1 file missing"));
  EXPECT_THAT(made.out, HasSubstr("not there) of sweep 1, " + store::a_cell().id + ", execute"));
  EXPECT_EQ(run({"restore", directory.string()}).status, 2);
}

TEST_F(Storage, GcSaysWhatWouldGoAndWhyAndThenItGoes) {
  {
    auto store = open();
    add_sweeps(store, 4);
    auto dry = run({"gc", "--dry-run"});
    EXPECT_EQ(dry.status, 0) << dry.err;
    EXPECT_THAT(dry.out, HasSubstr("2.3 KiB in 4 files, ceiling 1000 B: 3 files of 1.8 KiB would go"));
    EXPECT_THAT(dry.out, HasSubstr("of sweep 1, the newest that names them: 1 file, 600 B"));
    EXPECT_THAT(dry.out, HasSubstr("4: last good of " + store::a_cell().id));
    auto used = run({"gc"});
    EXPECT_NE(used.status, 0);
    EXPECT_THAT(used.err, HasSubstr("a daemon collects by itself"));
  }
  auto json = run({"gc", "--dry-run", "--json"});
  EXPECT_THAT(json.out, HasSubstr("\"going_bytes\":1800"));
  auto gone = run({"gc"});
  EXPECT_EQ(gone.status, 0) << gone.err;
  EXPECT_EQ(gone.out, "3 files removed, 1.8 KiB\n");
  EXPECT_EQ(must(reader().blobs()).size(), 1u);
  EXPECT_THAT(run({"gc", "--dry-run"}).out, HasSubstr("nothing goes"));
}

TEST_F(Storage, WithoutAStoreNothingIsMade) {
  EXPECT_EQ(run({"gc"}).status, 2);
  EXPECT_EQ(run({"backup", (directory / "backup").string()}).status, 2);
  EXPECT_FALSE(std::filesystem::exists(database));
}

}  // namespace
}  // namespace tripled::cli
