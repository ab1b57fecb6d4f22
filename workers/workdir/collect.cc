#include "workers/workdir/collect.h"

#include <fts.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <set>

#include "schema/base/hash.h"

namespace tripled::workdir {

namespace fs = std::filesystem;

namespace {

// Of the whole; what is missing to a hundred is for stds and small things.
struct Share {
  const char* kind;
  std::uint64_t percent;
};
constexpr Share shares[] = {{"target", 55}, {"work", 15}, {"archives", 10},
                            {"crates", 4},  {"git", 6},   {"views", 2}};

struct Candidate {
  CacheEntry entry;
  std::uint64_t bytes = 0;
  std::chrono::system_clock::time_point used;
};

std::vector<Candidate> candidates(const fs::path& cache, const std::string& kind) {
  std::vector<Candidate> out;
  std::error_code ec;
  for (fs::directory_iterator it(cache / kind, ec), end; !ec && it != end; it.increment(ec)) {
    std::error_code ignored;
    // `locks` of views and crates' lock are no entries; lock files beside entries are no directories.
    if (it->is_symlink(ignored) || !it->is_directory(ignored) || it->path().filename() == "locks") continue;
    CacheEntry entry{kind, it->path().filename().string()};
    out.push_back({entry, disk_use(it->path()), last_use(cache, entry)});
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::tie(a.used, a.entry.name) < std::tie(b.used, b.entry.name);
  });
  return out;
}

// Gone at once for whoever looks, however long deleting takes. False: somebody uses it.
bool remove_entry(const fs::path& cache, const CacheEntry& entry) {
  const auto path = cache / entry.kind / entry.name;
  auto trash = cache / "trash" / random_hex();
  {
    std::error_code ec;
    fs::create_directories(cache / "uses", ec);
    auto lock = FileLock::acquire(use_lock(cache, entry), FileLock::Wait::no);
    if (!lock) return false;
    // Of cargo's output somebody may hold the lock alone, such as a worker of an earlier version.
    auto beside = path;
    beside += ".lock";
    std::optional<FileLock> held;
    if (fs::exists(beside, ec)) {
      auto other = FileLock::acquire(beside, FileLock::Wait::no);
      if (!other) return false;
      held.emplace(std::move(other).value());
    }
    fs::create_directories(trash.parent_path(), ec);
    fs::rename(path, trash, ec);
    if (ec) return false;
  }
  std::error_code ignored;
  fs::remove_all(trash, ignored);
  return true;  // the lock's file stays: somebody may have it open by now
}

}  // namespace

std::uint64_t disk_use(const fs::path& path) {
  std::string root = path.string();
  char* roots[] = {root.data(), nullptr};
  auto close = [](FTS* walk) { ::fts_close(walk); };
  std::unique_ptr<FTS, decltype(close)> walk(::fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, nullptr), close);
  std::uint64_t blocks = 0;
  std::set<std::pair<dev_t, ino_t>> linked;
  while (walk) {
    const FTSENT* found = ::fts_read(walk.get());
    if (!found) break;
    if (found->fts_info == FTS_DP || !found->fts_statp) continue;
    const auto& info = *found->fts_statp;
    if (info.st_nlink > 1 && S_ISREG(info.st_mode) && !linked.insert({info.st_dev, info.st_ino}).second)
      continue;
    blocks += static_cast<std::uint64_t>(info.st_blocks);
  }
  return blocks * 512;
}

Result<std::vector<ClassUse>> collect(const fs::path& cache, const CacheLimits& limits,
                                      std::chrono::system_clock::time_point now) {
  std::vector<ClassUse> out;
  if (limits.bytes == 0) return out;
  TRIPLED_TRY(make_directories(cache));
  auto alone = FileLock::acquire(cache / "collect.lock", FileLock::Wait::no);
  if (!alone && alone.error().kind() == ErrorKind::conflict) return out;
  if (!alone) return alone.error();
  std::error_code ignored;
  fs::remove_all(cache / "trash", ignored);  // of a worker that was killed while it deleted
  for (const auto& share : shares) {
    ClassUse use;
    use.kind = share.kind;
    use.ceiling = limits.bytes / 100 * share.percent;
    auto entries = candidates(cache, use.kind);
    use.entries = entries.size();
    for (const auto& entry : entries) use.bytes += entry.bytes;
    for (const auto& entry : entries) {
      if (use.bytes - use.freed <= use.ceiling || entry.used > now - limits.spare) break;
      if (limits.cancelled && limits.cancelled()) return out;
      if (!remove_entry(cache, entry.entry)) continue;
      ++use.removed;
      use.freed += entry.bytes;
    }
    out.push_back(use);
  }
  return out;
}

}  // namespace tripled::workdir
