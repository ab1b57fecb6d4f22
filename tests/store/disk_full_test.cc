// A full disk is not the end: the group that met it is rolled back, the ballast is given up, and once there
// is room the store goes on. An I/O error is the end.
#include <sys/resource.h>

#include <csignal>

#include "tests/store/fixture.h"

namespace tripled::store {
namespace {

class DiskFull : public StoreTest {
 protected:
  DiskFull() : store(open()), ids(start_attempt(store)) {}
  bool has_ballast() const { return std::filesystem::exists(database.string() + ".ballast"); }
  // Compressed it still needs more pages than are left.
  Status write_much() {
    TRIPLED_ASSIGN(Transaction tx, store.begin());
    TRIPLED_TRY(tx.set_meta("small", "before"));
    std::string noise;
    for (unsigned i = 0, x = 1; i < 400'000; ++i)
      noise.push_back(static_cast<char>('a' + (x = x * 1664525 + 1) % 26));
    // The operation's own error is the commit's, too.
    EXPECT_FALSE(tx.set_meta("large", noise) && store.health() == Health::disk_full);
    return tx.commit();
  }
  Store store;
  Ids ids;
};

TEST_F(DiskFull, FailsTheGroupFreesTheBallastAndGoesOn) {
  ASSERT_TRUE(has_ballast());
  must(store.limit_pages(1));  // never below what is used
  const Status full = write_much();
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().kind(), ErrorKind::store);
  EXPECT_NE(full.error().message().find("full"), std::string::npos) << full.error().message();
  EXPECT_EQ(store.health(), Health::disk_full);
  EXPECT_NE(store.health_reason(), "");
  EXPECT_FALSE(has_ballast());
  EXPECT_EQ(must(reader().meta("small")), std::nullopt);  // all of it or nothing

  ASSERT_TRUE(store.tend());
  EXPECT_EQ(store.health(), Health::disk_full) << "still no room";
  EXPECT_FALSE(has_ballast());

  must(store.limit_pages(0));
  ASSERT_TRUE(store.tend());
  EXPECT_EQ(store.health(), Health::ok);
  EXPECT_EQ(store.health_reason(), "");
  EXPECT_TRUE(has_ballast());
  ASSERT_TRUE(write_much());
  EXPECT_EQ(must(reader().meta("small")), "before");
  expect_sound();
}

TEST_F(DiskFull, SmallWritesMayStillBeTried) {
  must(store.limit_pages(1));
  ASSERT_FALSE(write_much());
  Transaction tx = must(store.begin());
  must(tx.set_job_state(ids.job, JobState::done));  // needs no new page
  EXPECT_TRUE(tx.commit());
  EXPECT_EQ(store.health(), Health::disk_full) << "only tend() says that there is room again";
}

// Whatever statement meets it: nothing of the group stays, and the store is as good as before.
TEST_F(DiskFull, AtEveryPageOfASweep) {
  NewSweep sweep = a_sweep();
  for (int i = 0; i < 60; ++i) sweep.plan.cells.push_back(a_cell("triple-" + std::to_string(i)));
  const std::string before = sql("SELECT count(*) FROM sweeps");
  const auto used = std::stoll(sql("PRAGMA page_count"));
  int failures = 0;
  for (std::int64_t extra = 0; extra < 400; ++extra) {
    must(store.limit_pages(used + extra));
    Transaction tx = must(store.begin());
    auto id = tx.create_sweep(sweep);
    Status committed = tx.commit();
    if (committed) {
      EXPECT_TRUE(id);
      break;
    }
    ++failures;
    ASSERT_EQ(store.health(), Health::disk_full);
    ASSERT_EQ(sql("SELECT count(*) FROM sweeps"), before) << "with " << extra << " pages more";
  }
  EXPECT_GT(failures, 3);
  EXPECT_EQ(sql("SELECT count(*) FROM cells"), "62");
  expect_sound();
}

// Every write past the limit fails with EFBIG, which is no full disk but an I/O error.
class NoWrites {
 public:
  NoWrites() {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit none = before_;
    none.rlim_cur = 0;
    ::setrlimit(RLIMIT_FSIZE, &none);
  }
  ~NoWrites() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, SIG_DFL);
  }

 private:
  rlimit before_{};
};

TEST_F(DiskFull, IoErrorIsForGood) {
  {
    NoWrites broken_disk;
    Transaction tx = must(store.begin());
    must(tx.set_meta("a", "b"));
    const Status committed = tx.commit();
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().kind(), ErrorKind::store);
    EXPECT_EQ(store.health(), Health::failed);
  }
  EXPECT_TRUE(has_ballast());
  auto again = store.begin();
  ASSERT_FALSE(again) << "the disk is well again, but what it holds is not known any more";
  EXPECT_NE(again.error().message().find("has failed"), std::string::npos) << again.error().message();
  EXPECT_FALSE(store.tend());
  EXPECT_EQ(store.health(), Health::failed);
  { Store ended = std::move(store); }
  store = open();
  EXPECT_EQ(must(reader().meta("a")), std::nullopt);
  EXPECT_EQ(must(reader().restore()).attempts.size(), 1u);
  expect_sound();
}

}  // namespace
}  // namespace tripled::store
