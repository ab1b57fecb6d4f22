// Stds that we built, one directory per (rustc, triple, mode), shared by all threads and processes of this
// machine:
//   <root>/<rustc id>/<triple>-<mode>-<key>/{lib/*.rlib|*.rmeta, std.json}     published by rename, never
//   changed by us <root>/<rustc id>/<triple>-<mode>-<key>.failed.json                       a failure that
//   would only repeat <root>/locks/…    flock: exclusive while building or removing, shared while in use; its
//   mtime is the last use <root>/building/… scratch of builds; what no lock protects is swept
// Thread-safe.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "schema/base/file.h"
#include "schema/base/result.h"
#include "schema/model/toolchain.h"
#include "workers/toolchain/std_failure.h"
#include "workers/toolchain/tools.h"

namespace tripled::toolchain {

// check: metadata alone. full: what linking needs, serves check too. core: core and alloc, for triples
// without std.
BOOST_DEFINE_ENUM_CLASS(StdMode, check, full, core)

// What list_files() said of a library's source. Thousands of files are looked at, so the jobs of a sweep
// share the answer; it is asked anew after ten seconds. Thread-safe.
class SourceIdentities {
 public:
  std::optional<std::string> known(const std::string& directory) const;
  void remember(const std::string& directory, std::string identity);

 private:
  struct Known {
    std::string identity;
    std::chrono::steady_clock::time_point at;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Known> known_;
};

struct StdCacheOptions {
  std::uint64_t max_bytes = 20ull << 30;  // least recently used ones go first, never one in use
  Millis build_timeout{30 * 60'000};
  int jobs = 0;                     // cargo's -j; 0: its default
  bool retry_failed = false;        // forget remembered failures
  std::function<bool()> cancelled;  // asked while waiting for another process's build; may be empty
  std::shared_ptr<SourceIdentities> sources = std::make_shared<SourceIdentities>();
};

// One std in the cache.
struct StdEntry {
  std::string triple, rustc_id, rustc_version;
  StdMode mode = StdMode::check;
  std::string hash;  // identity of the content, as it is now
  std::string dir;   // becomes lib/rustlib/<triple>
  std::uint64_t bytes = 0;
  std::int64_t built_at_ms = 0, last_used_ms = 0;  // Unix time
  std::int64_t build_ms = 0, cpu_ms = 0;           // what it cost then
  bool in_use = false;                             // list() alone
};
BOOST_DESCRIBE_STRUCT(StdEntry, (),
                      (triple, rustc_id, rustc_version, mode, hash, dir, bytes, built_at_ms, last_used_ms,
                       build_ms, cpu_ms, in_use))

// While it lives, the std is not removed. Movable, any thread.
class StdHold {
 public:
  explicit StdHold(FileLock lock) : lock_(std::move(lock)) {}

 private:
  FileLock lock_;
};

struct StdObtained {
  StdEntry entry;
  StdFailure failure;  // kind none: there is an entry, and `hold`
  std::shared_ptr<StdHold> hold;
  bool built_now = false;  // this call built it; else it was there, or another process built it meanwhile
  std::string log;         // of the build, bounded; of a remembered failure too
  std::int64_t build_ms = 0, cpu_ms = 0;  // spent by this call
};

struct StdKey;
class StdStore;

class StdCache {
 public:
  StdCache(std::filesystem::path root, StdCacheOptions options, Surroundings surroundings, RunTool run);
  ~StdCache();

  // The std for a triple, from the cache or built now. Waits while another thread or process builds the same.
  // A failing build is an outcome (`failure`); errors: io, cancelled.
  Result<StdObtained> obtain(const ToolchainFacts& toolchain, const std::string& triple, StdMode mode);
  // Whether obtain() would be cheap: it is there, or its failure is remembered.
  bool knows(const ToolchainFacts& toolchain, const std::string& triple, StdMode mode);
  // Uses a std that an earlier obtain() gave, as long as it is there and has still this identity.
  // Errors: conflict (it was removed or replaced: obtain again), io.
  Result<std::shared_ptr<StdHold>> hold(const std::filesystem::path& dir, const std::string& hash);

  // What the cache holds, the most recently used first.
  std::vector<StdEntry> list() const;
  // Removes least recently used ones until `max_bytes` hold; returns the bytes freed.
  std::uint64_t trim(std::uint64_t max_bytes);
  // Removes what killed builds left behind; the first obtain() does it too.
  void sweep_scratch();
  // Identity of a std that a toolchain ships (a directory with lib/): hashed once, then known by its files'
  // times.
  Result<std::string> shipped_identity(const std::filesystem::path& directory) const;

 private:
  StdKey key_of(const ToolchainFacts& toolchain, const std::string& triple, StdMode mode);
  std::string source_identity(const ToolchainFacts& toolchain);
  struct LookUp {
    std::optional<StdObtained> found;
    bool busy = false;  // somebody builds or removes it: look again
  };
  LookUp look_up(const StdKey& key) const;  // found with a shared lock on it
  LookUp known(const StdKey& key) const;    // that, or a failure that is remembered
  Result<StdObtained> build(const ToolchainFacts& toolchain, const StdKey& key);  // exclusive lock is held

  const StdCacheOptions options_;
  const Surroundings surroundings_;
  const RunTool run_;
  const std::unique_ptr<StdStore> store_;
  std::mutex mutex_;  // guards what is below
  bool swept_ = false;
};

}  // namespace tripled::toolchain
