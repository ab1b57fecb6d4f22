// Ceilings of the daemon's classes of files, and how they are kept (daemon/store/collection.h says what
// goes). Rows first, in small transactions, files second.
#pragma once
#include "config/service_settings.h"
#include "daemon/store/blobs.h"
#include "daemon/store/collection.h"
#include "daemon/store/store.h"
#include "schema/base/duration.h"

namespace tripled::app {

struct DiskLimits {
  store::Ceilings ceilings;
  std::uint64_t uploads = 0;  // that are not finished; 0: no ceiling
  Millis every{0};            // 0: never by itself
};

DiskLimits disk_limits(const config::DiskSettings& settings);

// What one transaction forgets.
inline constexpr std::size_t blobs_a_transaction = 200;
// Uploads that stand still are given up; young ones are spared whatever the ceiling.
inline constexpr std::chrono::hours upload_life{24}, upload_youth{1};

// A blob that no row names: somebody may be about to.
inline constexpr std::chrono::hours unnamed_kept{24};

struct Collected {
  std::size_t files = 0;
  std::uint64_t bytes = 0;
};

// The part of `going` from `first` on that one transaction takes.
std::vector<store::DoomedBlob> next_part(const std::vector<store::DoomedBlob>& going, std::size_t first);
// Rows of events and stale results that are too old to be of use.
Status prune_rows(store::Transaction& tx);
// Files of rows that are gone, but those put again since `planned_at`. Blocking.
Collected remove_files(store::BlobStore& blobs, const std::vector<store::DoomedBlob>& forgotten,
                       std::filesystem::file_time_type planned_at);
Result<Collected> collect_uploads(store::BlobStore& blobs, std::uint64_t ceiling);

// All of it at once, for a store that no daemon has. Blocking.
Result<Collected> collect(store::Store& store, store::BlobStore& blobs, const DiskLimits& limits);

}  // namespace tripled::app
