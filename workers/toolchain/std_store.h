// The std cache on disk (layout: std_cache.h): names, entries, locks, remembered failures. Policy is in
// std_cache. Thread-safe: no state but the file system's.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "schema/base/file.h"
#include "workers/toolchain/std_cache.h"

namespace tripled::toolchain {

// Names one std that can be built.
struct StdKey {
  std::string rustc_id, rustc_version, triple;
  StdMode mode = StdMode::check;
  std::string name;  // <triple>-<mode>-<hash of everything that goes into it>
};

class StdStore {
 public:
  explicit StdStore(std::filesystem::path root) : root_(std::move(root)) {}

  std::filesystem::path directory(const StdKey& key) const { return root_ / key.rustc_id / key.name; }
  std::filesystem::path scratch(const StdKey& key) const { return root_ / "building" / lock_name(key); }
  std::filesystem::path shipped_stamp(const std::filesystem::path& directory) const;

  // Locks go by name, so that a directory alone is enough to find its lock.
  static std::string lock_name(const StdKey& key) { return key.rustc_id + "--" + key.name; }
  static std::string lock_name(const std::filesystem::path& directory);
  // Does not wait. conflict: somebody holds it otherwise.
  Result<FileLock> lock(const std::string& lock_name, bool shared) const;
  void touch(const std::string& lock_name) const;  // last use: now

  // The entry in a directory with its present identity; nullopt: there is none, or it is not whole.
  std::optional<StdEntry> entry(const std::filesystem::path& directory) const;
  std::vector<StdEntry> entries() const;
  // Syncs `staged` and renames it into place; a damaged one there makes way. Caller holds the exclusive lock.
  Status publish(const StdKey& key, const StdEntry& entry, const std::filesystem::path& staged) const;
  // Caller holds the exclusive lock.
  void remove(const std::filesystem::path& directory) const;
  // Scratch without a lock, and what remove() had no time to delete.
  void sweep() const;

  struct Remembered {
    StdFailure failure;
    std::string log;
    std::int64_t build_ms = 0, cpu_ms = 0;
  };
  // Failures older than a week are tried again: not everything that decides is in the key.
  std::optional<Remembered> failure(const StdKey& key) const;
  void remember(const StdKey& key, const Remembered& failure) const;
  void forget(const StdKey& key) const;

 private:
  std::filesystem::path lock_path(const std::string& lock_name) const {
    return root_ / "locks" / (lock_name + ".lock");
  }
  std::filesystem::path failure_path(const StdKey& key) const {
    return root_ / key.rustc_id / (key.name + ".failed.json");
  }

  const std::filesystem::path root_;
};

}  // namespace tripled::toolchain
