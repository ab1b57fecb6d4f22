// What the daemon does about its own disk: waits for room when it is full, keeps the database in shape,
// removes files that nothing names.
#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <set>

#include "daemon/app/core/core.h"
#include "schema/base/text.h"

namespace tripled::app {

namespace asio = boost::asio;
namespace fs = std::filesystem;

static constexpr std::chrono::seconds upkeep_interval{5}, full_interval{1};
// Results in a worker's spool may name younger files that have no row yet.
static constexpr auto orphan_age = unnamed_kept;
static constexpr int most_forgotten = 10'000;
// After a start: a daemon that is restarted again and again collects, too.
static constexpr Millis first_collection{60'000};

// The effects of what was handled are still there, in order: they are tried again, and nothing overtakes
// them.
void Core::commit_failed(const Error& error) {
  if (failed_) return;
  if (store_.health() != store::Health::disk_full) return fail(error);
  pause_for_storage();
}

void Core::files_met_full_disk(const std::string& why) {
  if (failed_ || storage_full_) return;
  store_.disk_is_full(std::string(trim(why)));
  pause_for_storage();
}

// Whoever was told that a blob is stored is told by rows, too: with files that may be lost none is written.
void Core::files_failed(const std::string& why) {
  if (failed_) return;
  store_.disk_failed(why);
  fail(Error(ErrorKind::store, "the disk of " + options_.state.string() + " failed: " + why));
}

void Core::pause_for_storage() {
  if (storage_full_) return;
  storage_full_ = true;
  auto reason = store_.health_reason();
  spdlog::warn("nothing is granted until there is room: {}", reason);
  SweepEvent news;
  news.kind = "storage";
  news.text = "no room on the disk of " + options_.state.string() +
              ": nothing more is started until there is (" + reason + ")";
  tell(std::move(news));
  // Its turn tries the waiting writes once more, in the room that the ballast gave up.
  apply(sched::Pause{reason});
  arm_upkeep();
}

void Core::tend() {
  if (failed_) return;
  if (auto tended = store_.tend(); !tended) spdlog::warn("{}", tended.error().message());
  if (store_.health() == store::Health::failed) return fail(Error(ErrorKind::store, store_.health_reason()));
  if (auto why = blobs_.failure(); !why.empty()) return files_failed(why);  // that nobody was to be told of
  if (store_.health() == store::Health::disk_full) pause_for_storage();
  if (storage_full_) {
    auto written = commits_.flush();
    if (!written) commit_failed(written.error());
    if (failed_) return;
    if (written && store_.health() == store::Health::ok) {
      storage_full_ = false;
      spdlog::info("there is room on the disk again");
      SweepEvent news;
      news.kind = "storage";
      news.text = "there is room on the disk again: going on";
      tell(std::move(news));
      apply(sched::Resume{});
    }
  }
  loosen_pins();
  give_up_impossible();
  if (const auto every = options_.disk.every; every.count() > 0) {
    const auto now = std::chrono::steady_clock::now();
    if (collect_next_ == std::chrono::steady_clock::time_point{})
      collect_next_ = now + std::min<Millis>(every, first_collection);
    if (now >= collect_next_) {
      collect_next_ = now + every;
      collect();
    }
  }
  arm_upkeep();
}

Progress Core::progress() const {
  auto health = store_.health();
  return {health == store::Health::failed, health == store::Health::disk_full, commits_.waiting(),
          commits_.commits()};
}

void Core::arm_upkeep() {
  upkeep_.expires_after(storage_full_ ? full_interval : upkeep_interval);
  upkeep_.async_wait([this](boost::system::error_code ec) {
    if (!ec) tend();
  });
}

// At the start, before anybody uploads: rows of blobs that no result names any more, and files without a row,
// as a crash leaves them.
Status Core::sweep_blobs() {
  const auto age = std::chrono::duration_cast<Millis>(orphan_age).count();
  std::vector<std::string> forgotten;
  if (store_.health() == store::Health::ok) {
    TRIPLED_ASSIGN(store::Transaction tx, store_.begin());
    auto hashes = tx.forget_unreferenced_blobs(unix_now_ms() - age, most_forgotten);
    auto committed = tx.commit();
    if (hashes && committed) forgotten = std::move(*hashes);
    if (!committed && store_.health() != store::Health::disk_full) return committed;
  }
  asio::post(files_, [this, forgotten = std::move(forgotten)] {
    for (const auto& hash : forgotten)
      if (auto removed = blobs_.remove(hash); !removed) spdlog::warn("{}", removed.error().message());
    const auto youngest = fs::file_time_type::clock::now() - orphan_age;
    if (auto removed = blobs_.remove_uploads_older_than(youngest); !removed)
      spdlog::warn("{}", removed.error().message());
    auto reader = store::Reader::open(store_.path());
    auto rows = reader ? reader->blobs() : Result<std::vector<store::BlobRow>>(reader.error());
    if (!rows) return spdlog::warn("looking for orphaned blobs: {}", rows.error().message());
    std::set<std::string> named;
    for (const auto& row : *rows) named.insert(row.hash);
    auto swept = blobs_.sweep_orphans([&](const std::string& hash) {
      if (named.count(hash) > 0) return true;
      auto path = blobs_.path_of(hash);
      std::error_code ec;
      auto written = path ? fs::last_write_time(*path, ec) : youngest;
      return !ec && written > youngest;
    });
    if (!swept) return spdlog::warn("{}", swept.error().message());
    if (swept->files > 0)
      spdlog::info("removed {} files that nothing names, {} bytes", swept->files, swept->bytes);
  });
  return {};
}

}  // namespace tripled::app
