// The disk fails at the Nth write or sync, for every N (SQLite's own method): what was reported committed is
// there after a restart, what met the error is reported failed, and nothing more is taken.
#include <sqlite3.h>

#include <cstring>

#include "tests/store/fixture.h"

namespace tripled::store {
namespace {

// The default VFS with one call that fails.
struct Fault {
  enum class Kind { none, write, sync } kind = Kind::none;
  int countdown = 0, code = SQLITE_IOERR;
  bool met = false;
  static Fault& now() {
    static Fault fault;
    return fault;
  }
  bool hits(Kind called) {
    if (kind != called || --countdown != 0) return false;
    met = true;
    return true;
  }
};

struct FaultyFile {
  sqlite3_file base;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
FaultyFile& of(sqlite3_file* file) { return *reinterpret_cast<FaultyFile*>(file); }
sqlite3_file* real(sqlite3_file* file) { return of(file).real(); }

int faulty_write(sqlite3_file* f, const void* bytes, int count, sqlite3_int64 at) {
  if (Fault::now().hits(Fault::Kind::write)) return Fault::now().code;
  return real(f)->pMethods->xWrite(real(f), bytes, count, at);
}
int faulty_sync(sqlite3_file* f, int flags) {
  if (Fault::now().hits(Fault::Kind::sync)) return SQLITE_IOERR_FSYNC;
  return real(f)->pMethods->xSync(real(f), flags);
}
template <auto Method, class... Args>
auto forward(sqlite3_file* f, Args... args) {
  return (real(f)->pMethods->*Method)(real(f), args...);
}

const sqlite3_io_methods faulty_methods = {
    3,
    [](sqlite3_file* f) { return forward<&sqlite3_io_methods::xClose>(f); },
    [](sqlite3_file* f, void* b, int n, sqlite3_int64 at) {
      return forward<&sqlite3_io_methods::xRead>(f, b, n, at);
    },
    faulty_write,
    [](sqlite3_file* f, sqlite3_int64 n) { return forward<&sqlite3_io_methods::xTruncate>(f, n); },
    faulty_sync,
    [](sqlite3_file* f, sqlite3_int64* n) { return forward<&sqlite3_io_methods::xFileSize>(f, n); },
    [](sqlite3_file* f, int l) { return forward<&sqlite3_io_methods::xLock>(f, l); },
    [](sqlite3_file* f, int l) { return forward<&sqlite3_io_methods::xUnlock>(f, l); },
    [](sqlite3_file* f, int* l) { return forward<&sqlite3_io_methods::xCheckReservedLock>(f, l); },
    [](sqlite3_file* f, int op, void* a) { return forward<&sqlite3_io_methods::xFileControl>(f, op, a); },
    [](sqlite3_file* f) { return forward<&sqlite3_io_methods::xSectorSize>(f); },
    [](sqlite3_file* f) { return forward<&sqlite3_io_methods::xDeviceCharacteristics>(f); },
    [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
      return forward<&sqlite3_io_methods::xShmMap>(f, page, size, extend, out);
    },
    [](sqlite3_file* f, int at, int n, int flags) {
      return forward<&sqlite3_io_methods::xShmLock>(f, at, n, flags);
    },
    [](sqlite3_file* f) { return forward<&sqlite3_io_methods::xShmBarrier>(f); },
    [](sqlite3_file* f, int del) { return forward<&sqlite3_io_methods::xShmUnmap>(f, del); },
    [](sqlite3_file* f, sqlite3_int64 at, int n, void** out) {
      return forward<&sqlite3_io_methods::xFetch>(f, at, n, out);
    },
    [](sqlite3_file* f, sqlite3_int64 at, void* p) {
      return forward<&sqlite3_io_methods::xUnfetch>(f, at, p);
    },
};

class FaultyDisk {
 public:
  FaultyDisk() : base_(::sqlite3_vfs_find(nullptr)), vfs_(*base_) {
    vfs_.zName = "faulty";
    vfs_.szOsFile = static_cast<int>(sizeof(FaultyFile)) + base_->szOsFile;
    vfs_.pAppData = base_;
    vfs_.pNext = nullptr;
    vfs_.xOpen = [](sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
      auto* base = static_cast<sqlite3_vfs*>(vfs->pAppData);
      const int rc = base->xOpen(base, name, real(file), flags, out);
      file->pMethods = rc == SQLITE_OK ? &faulty_methods : nullptr;
      return rc;
    };
    ::sqlite3_vfs_register(&vfs_, 1);
  }
  ~FaultyDisk() {
    Fault::now() = {};
    ::sqlite3_vfs_register(base_, 1);
    ::sqlite3_vfs_unregister(&vfs_);
  }

 private:
  sqlite3_vfs* base_;
  sqlite3_vfs vfs_;
};

class FaultyDiskTest : public StoreTest {
 protected:
  // Commits until one is refused; how many were reported committed.
  static int commits(Store& store) {
    for (int n = 0; n < 12; ++n) {
      auto tx = store.begin();
      if (!tx) return n;
      const auto text = std::to_string(n) + std::string(300'000, static_cast<char>('a' + n));
      const auto set = tx->set_meta("n" + std::to_string(n), text);
      const auto committed = tx->commit();
      if (!set || !committed) return n;
    }
    return 12;
  }
  void expect_there(int committed) {
    auto store = open();
    auto read = reader();
    for (int n = 0; n < committed; ++n)
      EXPECT_TRUE(must(read.meta("n" + std::to_string(n)))) << "commit " << n << " of " << committed;
    expect_sound();
  }
  void start_over() {
    for (const auto& entry : std::filesystem::directory_iterator(directory))
      std::filesystem::remove_all(entry.path());
  }
};

class IoError : public FaultyDiskTest, public ::testing::WithParamInterface<Fault::Kind> {};

TEST_P(IoError, AtEveryCallIsForGoodAndLosesNothing) {
  int failed_commits = 0, failed_behind = 0;
  // Writes are many: not every one of them, but the early ones and then ever larger steps.
  for (int n = 1; n < 5000; n += 1 + n / 5) {
    start_over();
    bool met = false;
    int committed = 0;
    {
      FaultyDisk disk;
      auto store = open();
      Fault::now() = {GetParam(), n,
                      GetParam() == Fault::Kind::sync ? SQLITE_IOERR_FSYNC : SQLITE_IOERR_WRITE, false};
      committed = commits(store);
      met = Fault::now().met;
      Fault::now().kind = Fault::Kind::none;
      if (met) {
        EXPECT_EQ(store.health(), Health::failed) << "call " << n;
        EXPECT_FALSE(store.begin()) << "call " << n;
        EXPECT_FALSE(store.tend());
        ++(committed < 12 ? failed_commits : failed_behind);
      }
    }
    expect_there(committed);
    if (!met) break;
  }
  EXPECT_GT(failed_commits, 5);
}
INSTANTIATE_TEST_SUITE_P(OfKind, IoError, ::testing::Values(Fault::Kind::write, Fault::Kind::sync));

// A full disk found at any write is no such error: room comes back, and so does the store.
TEST_F(FaultyDiskTest, AFullDiskAtEveryWriteIsWaitedOut) {
  for (int n = 1; n < 3000; n += 1 + n / 4) {
    start_over();
    FaultyDisk disk;
    auto store = open();
    Fault::now() = {Fault::Kind::write, n, SQLITE_FULL, false};
    const int committed = commits(store);
    const bool met = Fault::now().met;
    Fault::now().kind = Fault::Kind::none;
    if (!met) break;
    EXPECT_EQ(store.health(), Health::disk_full) << "write " << n;
    must(store.tend());
    EXPECT_EQ(store.health(), Health::ok) << "write " << n << ": " << store.health_reason();
    EXPECT_EQ(commits(store), 12) << "write " << n;
    EXPECT_GE(committed, 0);
    expect_sound();
  }
}

}  // namespace
}  // namespace tripled::store
