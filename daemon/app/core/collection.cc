#include "daemon/app/core/collection.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "daemon/store/reader.h"

namespace tripled::app {

namespace fs = std::filesystem;

static constexpr std::int64_t events_kept = 100'000;
static constexpr std::chrono::hours stale_results_kept{24 * 30};

DiskLimits disk_limits(const config::DiskSettings& settings) {
  DiskLimits out;
  out.ceilings = {{store::BlobClass::log, settings.logs},
                  {store::BlobClass::evidence, settings.evidence},
                  {store::BlobClass::snapshot, settings.snapshots},
                  {store::BlobClass::archive, settings.archives}};
  out.uploads = settings.uploads;
  out.every = settings.collect_every;
  return out;
}

std::vector<store::DoomedBlob> next_part(const std::vector<store::DoomedBlob>& going, std::size_t first) {
  auto begin = going.begin() + static_cast<std::ptrdiff_t>(std::min(first, going.size()));
  auto count = std::min<std::size_t>(blobs_a_transaction, static_cast<std::size_t>(going.end() - begin));
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

Status prune_rows(store::Transaction& tx) {
  TRIPLED_TRY(tx.prune_events(events_kept));
  return tx.prune_stale_results(unix_now_ms() -
                                std::chrono::duration_cast<Millis>(stale_results_kept).count());
}

Collected remove_files(store::BlobStore& blobs, const std::vector<store::DoomedBlob>& forgotten,
                       fs::file_time_type planned_at) {
  Collected out;
  for (const auto& blob : forgotten) {
    auto removed = blobs.remove_unless_put_since(blob.hash, planned_at);
    if (!removed) spdlog::warn("{}", removed.error().message());
    if (!removed || !*removed) continue;
    ++out.files;
    out.bytes += blob.size;
  }
  return out;
}

Result<Collected> collect_uploads(store::BlobStore& blobs, std::uint64_t ceiling) {
  const auto now = fs::file_time_type::clock::now();
  TRIPLED_ASSIGN(auto swept, blobs.collect_uploads(now - upload_life, now - upload_youth, ceiling));
  return Collected{static_cast<std::size_t>(swept.files), swept.bytes};
}

Result<Collected> collect(store::Store& store, store::BlobStore& blobs, const DiskLimits& limits) {
  TRIPLED_ASSIGN(Collected out, collect_uploads(blobs, limits.uploads));
  TRIPLED_ASSIGN(store::Reader reader, store::Reader::open(store.path()));
  const auto planned_at = fs::file_time_type::clock::now();
  TRIPLED_ASSIGN(auto plan, reader.plan_collection(limits.ceilings));
  const auto going = plan.going();
  for (std::size_t first = 0; first < going.size(); first += blobs_a_transaction) {
    auto part = next_part(going, first);
    TRIPLED_ASSIGN(store::Transaction tx, store.begin());
    TRIPLED_ASSIGN(auto hashes, tx.forget_blobs(part));
    TRIPLED_TRY(tx.commit());
    const std::set<std::string> forgotten(hashes.begin(), hashes.end());
    std::erase_if(part, [&](const auto& blob) { return forgotten.count(blob.hash) == 0; });
    auto removed = remove_files(blobs, part, planned_at);
    out.files += removed.files;
    out.bytes += removed.bytes;
  }
  TRIPLED_ASSIGN(store::Transaction tx, store.begin());
  TRIPLED_TRY(prune_rows(tx));
  TRIPLED_TRY(tx.commit());
  TRIPLED_TRY(store.tend());
  return out;
}

}  // namespace tripled::app
