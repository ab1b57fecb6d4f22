// A backup that is made while somebody writes, and the store that is made of it again.
#include "daemon/store/backup.h"

#include <atomic>
#include <fstream>
#include <thread>

#include "daemon/store/blobs.h"
#include "schema/base/duration.h"
#include "schema/base/file.h"
#include "tests/store/fixture.h"

namespace tripled::store {
namespace {

namespace fs = std::filesystem;

class Backup : public WritingTest {
 protected:
  Backup() : blobs(must(BlobStore::open(directory / "blobs"))), to(directory / "backup") {}

  BlobRef put(Transaction& tx, const std::string& bytes, BlobClass kind = BlobClass::log) {
    auto ref = must(blobs.put(bytes));
    must(tx.add_blob({ref.hash, ref.size, kind, 5}));
    return ref;
  }
  // A sweep with a finished attempt that has a log.
  Ids finished_sweep(const std::string& log) {
    Transaction tx = must(store.begin());
    Ids ids = start_attempt(tx);
    auto finish = a_finish(ids.attempt, 1);
    finish.result.log = put(tx, log);
    must(tx.finish_attempt(finish));
    must(tx.finish_sweep(ids.sweep, SweepState::finished, 0, 2000));
    must(tx.commit());
    return ids;
  }
  static std::string query(const fs::path& database, const std::string& text) {
    auto db = must(Connection::open(database, Connection::Mode::read_only, Millis(100)));
    return must(db->text(text)).value_or("NULL");
  }
  void stop() { Store ended = std::move(store); }
  BlobStore blobs;
  fs::path to;
};

TEST_F(Backup, HoldsDatabaseAndBlobsAndIsBroughtUpToDate) {
  finished_sweep("first log");
  auto made = must(back_up(directory, to));
  EXPECT_EQ(made.store_id, store.store_id());
  EXPECT_EQ(made.sweeps, 1u);
  EXPECT_EQ(made.blobs, 1u);
  EXPECT_EQ(made.new_blobs, 1u);
  EXPECT_TRUE(made.missing.empty());
  EXPECT_EQ(query(to / "tripled.db", "PRAGMA journal_mode"), "delete") << "one file";
  EXPECT_EQ(query(to / "tripled.db", "PRAGMA integrity_check"), "ok");
  auto kept = must(BlobStore::open(to / "blobs"));
  EXPECT_EQ(must(kept.get(sha256_hex("first log"))), "first log");
  EXPECT_EQ(fs::hard_link_count(must(kept.path_of(sha256_hex("first log")))), 2u);

  EXPECT_NEAR(static_cast<double>(last_backup(directory)), static_cast<double>(unix_now_ms()), 60'000.0);

  auto second = finished_sweep("second log");
  write([&](Transaction& tx) { must(tx.delete_sweep(1)); });
  write([&](Transaction& tx) { must(tx.forget_unreferenced_blobs(1000, 10)); });
  made = must(back_up(directory, to));
  EXPECT_EQ(made.last_sweep, second.sweep);
  EXPECT_EQ(made.new_blobs, 1u);
  EXPECT_FALSE(kept.has(sha256_hex("first log"))) << "nothing names it any more";
  EXPECT_NE(must(read_file(to / "backup.json")).find(store.store_id()), std::string::npos);
}

TEST_F(Backup, NamesWhatItCouldNotHave) {
  finished_sweep("a log");
  finished_sweep("a damaged one");
  must(blobs.remove(sha256_hex("a log")));
  std::ofstream(must(blobs.path_of(sha256_hex("a damaged one")))) << "other bytes";
  auto made = must(back_up(directory, to));
  EXPECT_EQ(last_backup(directory), 0) << "one that misses files is none to rely on";
  ASSERT_EQ(made.missing.size(), 2u);
  for (const auto& missing : made.missing) {
    const bool gone = missing.blob.hash == sha256_hex("a log");
    EXPECT_EQ(missing.why, gone ? "not there" : "damaged");
    EXPECT_EQ(missing.named_by, std::string(gone ? "sweep 1" : "sweep 2") + ", " + a_cell().id + ", execute");
  }
}

// Every group of the writer is in the backup whole or not at all, and its blobs are.
TEST_F(Backup, IsConsistentWhileOthersWrite) {
  std::atomic<bool> enough{false};
  std::thread writer([&] {
    for (int n = 0; !enough; ++n) finished_sweep("log of " + std::to_string(n));
  });
  for (int round = 0; round < 4; ++round) {
    auto made = back_up(directory, to);
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_TRUE(made->missing.empty());
    EXPECT_EQ(made->blobs, made->sweeps);
    EXPECT_EQ(query(to / "tripled.db", "SELECT count(*) FROM attempts WHERE log_hash IS NOT NULL"),
              std::to_string(made->sweeps));
  }
  enough = true;
  writer.join();
}

TEST_F(Backup, ASecondOneAtATimeIsRefused) {
  must(make_directories(to));
  auto held = must(FileLock::acquire(to / "backup.lock", FileLock::Wait::no));
  auto refused = back_up(directory, to);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
  EXPECT_EQ(back_up(directory / "elsewhere", to).error().kind(), ErrorKind::usage);
}

// --- restore

TEST_F(Backup, RestoreIsRefusedOverADatabaseAndSaysWhatWouldBeLost) {
  finished_sweep("a log");
  must(back_up(directory, to));
  finished_sweep("a later log");
  auto used = restore_backup({to, directory, true});
  ASSERT_FALSE(used) << "somebody has it open";
  EXPECT_EQ(used.error().kind(), ErrorKind::conflict);
  stop();
  auto refused = restore_backup({to, directory, false});
  ASSERT_FALSE(refused);
  for (const auto* part :
       {"holds 2 sweeps, the newest 2", "the backup holds 1 sweep, the newest 1", "--replace"})
    EXPECT_NE(refused.error().message().find(part), std::string::npos) << refused.error().message();
}

TEST_F(Backup, RestoreBeginsAnewAndSetsTheOldOneAside) {
  auto ids = finished_sweep("a log");
  const std::string id = store.store_id();
  must(back_up(directory, to));
  finished_sweep("a later log");
  stop();
  auto restored = must(restore_backup({to, directory, true}));
  EXPECT_NE(restored.store_id, id);
  EXPECT_EQ(restored.sweeps, 1u);
  EXPECT_EQ(restored.next_sweep, 1001);
  EXPECT_EQ(query(restored.replaced, "SELECT count(*) FROM sweeps"), "2");
  store = open();
  EXPECT_EQ(store.store_id(), restored.store_id);
  EXPECT_EQ(must(reader().meta("restored_from")), id);
  EXPECT_EQ(must(reader().load_sweep(ids.sweep)).jobs.at(0).attempts.at(0).row.log.hash, sha256_hex("a log"));
  auto later = start_attempt(store);
  EXPECT_EQ(later.sweep, 1001) << "ids are never used twice";
  EXPECT_GT(later.lease, 1'000'000);
  EXPECT_GT(later.attempt, 1'000'000);
  expect_sound();
}

TEST_F(Backup, RestoreElsewhereListsWhatIsMissingAndKeepsTheVerdicts) {
  auto ids = finished_sweep("a log");
  must(back_up(directory, to));
  must(must(BlobStore::open(to / "blobs")).remove(sha256_hex("a log")));
  auto restored = must(restore_backup({to, directory / "elsewhere", false}));
  EXPECT_TRUE(restored.replaced.empty());
  ASSERT_EQ(restored.missing.size(), 1u);
  EXPECT_EQ(restored.missing[0].blob.hash, sha256_hex("a log"));
  database = directory / "elsewhere" / "tripled.db";
  auto attempt = must(reader().load_sweep(ids.sweep)).jobs.at(0).attempts.at(0);
  EXPECT_TRUE(attempt.row.log.hash.empty());
  EXPECT_EQ(attempt.row.outcome, Outcome::exited);
  EXPECT_TRUE(must(reader().blobs()).empty());
  expect_sound();
}

TEST_F(Backup, ADamagedDatabaseIsReplacedByTheBackup) {
  finished_sweep("a log");
  must(back_up(directory, to));
  stop();
  auto bytes = must(read_file(database));
  for (std::size_t i = 4096; i < bytes.size(); ++i) bytes[i] = '\x5a';
  must(write_file_atomically(database, bytes));
  auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message().find("restore a backup"), std::string::npos) << opened.error().message();
  auto refused = restore_backup({to, directory, false});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("cannot be read"), std::string::npos) << refused.error().message();
  must(restore_backup({to, directory, true}));
  store = open();
  EXPECT_EQ(sql("SELECT count(*) FROM sweeps"), "1");
  expect_sound();
}

TEST_F(Backup, OnlyAWholeBackupIsRestored) {
  EXPECT_EQ(restore_backup({directory / "nothing", directory / "elsewhere", false}).error().kind(),
            ErrorKind::usage);
  finished_sweep("a log");
  must(back_up(directory, to));
  auto bytes = must(read_file(to / "tripled.db"));
  for (std::size_t i = 8192; i < bytes.size(); ++i) bytes[i] = '\x5a';
  must(write_file_atomically(to / "tripled.db", bytes));
  auto refused = restore_backup({to, directory / "elsewhere", false});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::store);
  EXPECT_FALSE(fs::exists(directory / "elsewhere" / "tripled.db"));
}

}  // namespace
}  // namespace tripled::store
