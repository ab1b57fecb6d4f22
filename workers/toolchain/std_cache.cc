#include "workers/toolchain/std_cache.h"

#include <chrono>
#include <thread>

#include "schema/base/duration.h"
#include "schema/base/hash.h"
#include "workers/toolchain/dir_identity.h"
#include "workers/toolchain/discover.h"
#include "workers/toolchain/std_recipe.h"
#include "workers/toolchain/std_store.h"

namespace tripled::toolchain {
namespace {

namespace fs = std::filesystem;

constexpr Millis kPoll{50};
constexpr Millis kSourceKnown{10'000};

// Scratch goes when the build is over, however it ended.
struct ScratchGuard {
  fs::path path;
  ~ScratchGuard() {
    std::error_code ec;
    fs::remove_all(path, ec);
  }
};

}  // namespace

std::optional<std::string> SourceIdentities::known(const std::string& directory) const {
  std::lock_guard lock(mutex_);
  auto found = known_.find(directory);
  if (found == known_.end() || std::chrono::steady_clock::now() - found->second.at > kSourceKnown)
    return std::nullopt;
  return found->second.identity;
}

void SourceIdentities::remember(const std::string& directory, std::string identity) {
  std::lock_guard lock(mutex_);
  known_[directory] = {std::move(identity), std::chrono::steady_clock::now()};
}

StdCache::StdCache(fs::path root, StdCacheOptions options, Surroundings surroundings, RunTool run)
    : options_(std::move(options)),
      surroundings_(std::move(surroundings)),
      run_(std::move(run)),
      store_(std::make_unique<StdStore>(std::move(root))) {}

StdCache::~StdCache() = default;

// Names, sizes and times of the library's source: reading 60 MB for each job would cost more than it tells.
std::string StdCache::source_identity(const ToolchainFacts& toolchain) {
  if (auto known = options_.sources->known(toolchain.rust_src)) return *known;
  Sha256 hash;
  if (auto files = list_files(toolchain.rust_src)) {
    for (const auto& file : files.value()) {
      hash.field(file.name);
      hash.field(std::to_string(file.size));
      hash.field(std::to_string(file.mtime_ns));
    }
  }
  auto identity = hash.hex();
  options_.sources->remember(toolchain.rust_src, identity);
  return identity;
}

StdKey StdCache::key_of(const ToolchainFacts& toolchain, const std::string& triple, StdMode mode) {
  StdKey key;
  key.rustc_id = rustc_id(toolchain);
  key.rustc_version = toolchain.version;
  key.triple = triple;
  key.mode = mode;
  Sha256 hash;
  hash.field(std::to_string(kStdRecipe));
  hash.field(key.rustc_id);
  hash.field(toolchain.cargo_version);
  hash.field(source_identity(toolchain));
  hash.field(triple);
  hash.field(to_text(mode));
  key.name = triple + "-" + to_text(mode) + "-" + hash.hex().substr(0, 12);
  return key;
}

// The lock comes first: between its publication and the end of its builder a std is there, but not to be had
// yet.
StdCache::LookUp StdCache::look_up(const StdKey& key) const {
  LookUp out;
  auto lock = store_->lock(StdStore::lock_name(key), true);
  if (!lock) {
    out.busy = lock.error().kind() == ErrorKind::conflict;
    return out;
  }
  auto entry = store_->entry(store_->directory(key));
  if (!entry) return out;
  store_->touch(StdStore::lock_name(key));
  out.found.emplace();
  out.found->entry = std::move(*entry);
  out.found->hold = std::make_shared<StdHold>(std::move(lock).value());
  return out;
}

StdCache::LookUp StdCache::known(const StdKey& key) const {
  auto out = look_up(key);
  if (out.found || out.busy || options_.retry_failed) return out;
  auto remembered = store_->failure(key);
  if (!remembered) return out;
  out.found.emplace();
  out.found->failure = std::move(remembered->failure);
  out.found->log = std::move(remembered->log);
  return out;
}

Result<StdObtained> StdCache::build(const ToolchainFacts& toolchain, const StdKey& key) {
  auto scratch = store_->scratch(key);
  std::error_code ec;
  fs::remove_all(scratch, ec);  // of a build that was killed
  TRIPLED_TRY(make_directories(scratch));
  ScratchGuard guard{scratch};
  TRIPLED_ASSIGN(auto product,
                 make_std({toolchain, key.triple, key.mode, scratch, options_.build_timeout, options_.jobs},
                          surroundings_, run_));
  StdObtained out;
  out.built_now = true;
  out.build_ms = product.wall.count();
  out.cpu_ms = product.cpu.count();
  out.failure = product.failure;
  out.log = product.log;
  if (out.failure.kind != StdFailureKind::none) {
    if (is_lasting(out.failure.kind)) store_->remember(key, {out.failure, out.log, out.build_ms, out.cpu_ms});
    return out;
  }
  StdEntry entry;
  entry.triple = key.triple;
  entry.rustc_id = key.rustc_id;
  entry.rustc_version = key.rustc_version;
  entry.mode = key.mode;
  entry.built_at_ms = unix_now_ms();
  entry.build_ms = out.build_ms;
  entry.cpu_ms = out.cpu_ms;
  TRIPLED_TRY(store_->publish(key, entry, product.staged));
  store_->forget(key);
  store_->touch(StdStore::lock_name(key));
  trim(options_.max_bytes);  // not this one: its lock is held
  return out;
}

bool StdCache::knows(const ToolchainFacts& toolchain, const std::string& triple, StdMode mode) {
  return known(key_of(toolchain, triple, mode)).found.has_value();
}

Result<StdObtained> StdCache::obtain(const ToolchainFacts& toolchain, const std::string& triple,
                                     StdMode mode) {
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    first = !std::exchange(swept_, true);
  }
  if (first) sweep_scratch();
  auto key = key_of(toolchain, triple, mode);
  auto full = key_of(toolchain, triple, StdMode::full);
  auto deadline = std::chrono::steady_clock::now() + 2 * options_.build_timeout;
  std::optional<StdObtained> built;  // by us; still to be taken hold of
  for (;; std::this_thread::sleep_for(kPoll)) {
    if (options_.cancelled && options_.cancelled())
      return Error(ErrorKind::cancelled, "waiting for the std of " + triple + ": cancelled");
    if (std::chrono::steady_clock::now() > deadline)
      return Error(ErrorKind::timeout,
                   "the std of " + triple + " is being built by another process for too long");
    if (mode == StdMode::check) {  // a full one serves, and one that is being built soon will
      auto whole = look_up(full);
      if (whole.busy) continue;
      if (whole.found) return std::move(*whole.found);
    }
    auto present = known(key);
    if (present.busy) continue;
    if (present.found) {
      if (built) {
        present.found->built_now = true;
        present.found->build_ms = built->build_ms;
        present.found->cpu_ms = built->cpu_ms;
        present.found->log = built->log;
      }
      return std::move(*present.found);
    }
    auto lock = store_->lock(StdStore::lock_name(key), false);
    if (!lock) {
      if (lock.error().kind() == ErrorKind::conflict) continue;
      return lock.error();
    }
    if (store_->entry(store_->directory(key)))
      continue;  // built since we looked; look again with a shared lock
    TRIPLED_ASSIGN(built, build(toolchain, key));
    if (built->failure.kind != StdFailureKind::none) return std::move(*built);
  }
}

Result<std::shared_ptr<StdHold>> StdCache::hold(const fs::path& dir, const std::string& hash) {
  auto name = StdStore::lock_name(dir);
  auto lock = store_->lock(name, true);
  for (int tries = 0; !lock && lock.error().kind() == ErrorKind::conflict && tries < 20; ++tries) {
    std::this_thread::sleep_for(kPoll);  // list() and trim() look for a moment
    lock = store_->lock(name, true);
  }
  if (!lock) return lock.error();
  auto entry = store_->entry(dir);
  if (!entry) return Error(ErrorKind::conflict, "the std in " + dir.string() + " is gone");
  if (entry->hash != hash) return Error(ErrorKind::conflict, "the std in " + dir.string() + " was replaced");
  store_->touch(name);
  return std::make_shared<StdHold>(std::move(lock).value());
}

std::vector<StdEntry> StdCache::list() const {
  auto entries = store_->entries();
  for (auto& entry : entries) entry.in_use = !store_->lock(StdStore::lock_name(fs::path(entry.dir)), false);
  return entries;
}

std::uint64_t StdCache::trim(std::uint64_t max_bytes) {
  auto entries = store_->entries();
  std::uint64_t total = 0, freed = 0;
  for (const auto& entry : entries) total += entry.bytes;
  for (auto it = entries.rbegin(); it != entries.rend() && total - freed > max_bytes; ++it) {
    auto lock = store_->lock(StdStore::lock_name(fs::path(it->dir)), false);
    if (!lock) continue;  // in use
    store_->remove(it->dir);
    freed += it->bytes;
  }
  return freed;
}

void StdCache::sweep_scratch() { store_->sweep(); }

Result<std::string> StdCache::shipped_identity(const fs::path& directory) const {
  auto stamp = store_->shipped_stamp(directory);
  TRIPLED_TRY(make_directories(stamp.parent_path()));
  return directory_identity(directory / "lib", stamp);
}

}  // namespace tripled::toolchain
