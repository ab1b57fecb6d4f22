// The write-ahead log stays bounded whoever reads meanwhile.
#include <atomic>
#include <thread>

#include "tests/store/fixture.h"

namespace tripled::store {
namespace {

class Wal : public StoreTest {
 protected:
  static constexpr std::uint64_t limit = 1u << 20;
  Wal() : store(must(Store::open(limited()))) {}
  StoreOptions limited() const {
    auto out = options();
    out.wal_bytes = limit;
    return out;
  }
  std::uint64_t size() const { return std::filesystem::file_size(database.string() + "-wal"); }
  // About 64 KiB of pages each.
  void commit_many(int count) {
    for (int n = 0; n < count; ++n) {
      Transaction tx = must(store.begin());
      must(tx.set_meta("n", std::to_string(n) + std::string(60'000, static_cast<char>('a' + n % 26))));
      must(tx.commit());
      largest = std::max(largest, size());
    }
  }
  Store store;
  std::uint64_t largest = 0;
};

TEST_F(Wal, IsCutWithoutReaders) {
  commit_many(200);
  EXPECT_LT(largest, 2 * limit);
}

// Two that overlap: at no moment does nobody read.
TEST_F(Wal, StaysBoundedWhileReadersLoop) {
  start_attempt(store);
  std::atomic<bool> enough{false};
  std::atomic<int> reads{0};
  auto loop = [&] {
    auto r = reader();
    while (!enough) {
      must(r.restore());
      ++reads;
    }
  };
  std::thread one(loop), other(loop);
  while (reads < 10) std::this_thread::yield();
  commit_many(800);  // 50 MiB
  enough = true;
  one.join();
  other.join();
  EXPECT_LT(largest, 4 * limit);
  EXPECT_GT(reads, 20);
  expect_sound();
}

// One transaction that does not end holds the log for as long as it lives, no longer.
TEST_F(Wal, IsCutOnceALongReaderIsThrough) {
  auto long_reader = must(Connection::open(database, Connection::Mode::read_only, Millis(100)));
  must(long_reader->script("BEGIN; SELECT count(*) FROM meta"));
  commit_many(60);
  EXPECT_GT(size(), limit);
  must(long_reader->script("ROLLBACK"));
  must(store.tend());
  EXPECT_LT(size(), limit);
}

}  // namespace
}  // namespace tripled::store
