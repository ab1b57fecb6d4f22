#include "daemon/app/service/storage_gauge.h"

#include <boost/asio/post.hpp>

#include "daemon/store/backup.h"
#include "daemon/store/reader.h"

namespace tripled::app {

namespace asio = boost::asio;
namespace fs = std::filesystem;

static constexpr auto look_interval = std::chrono::seconds(10);

metrics::StorageState measure_storage(const fs::path& state, const DiskLimits& limits) {
  metrics::StorageState out;
  std::error_code ec;
  const auto database = state / "tripled.db";
  if (auto bytes = fs::file_size(database, ec); !ec) out.database_bytes = bytes;
  auto reader = store::Reader::open(database);
  auto held =
      reader ? reader->blob_bytes() : Result<std::map<store::BlobClass, std::uint64_t>>(reader.error());
  if (held)
    for (const auto& [kind, ceiling] : limits.ceilings)
      out.classes.push_back({to_text(kind), (*held)[kind], ceiling});
  auto blobs = store::BlobStore::open(state / "blobs");
  auto uploads = blobs ? blobs->uploads_total() : Result<std::uint64_t>(blobs.error());
  if (uploads) out.classes.push_back({"upload", *uploads, limits.uploads});
  if (auto space = fs::space(state, ec); !ec) {
    out.disk_free_bytes = space.available;
    out.disk_size_bytes = space.capacity;
  }
  out.last_backup_ms = store::last_backup(state);
  return out;
}

StorageGauge::StorageGauge(asio::io_context& io, fs::path state, DiskLimits limits)
    : io_(io),
      state_(std::move(state)),
      limits_(std::move(limits)),
      timer_(io),
      last_(std::make_shared<metrics::StorageState>(measure_storage(state_, limits_))) {
  wait();
}

StorageGauge::~StorageGauge() {
  *over_ = true;
  timer_.cancel();
  thread_.join();
}

void StorageGauge::wait() {
  timer_.expires_after(look_interval);
  timer_.async_wait([this, over = over_](boost::system::error_code ec) {
    if (ec || *over) return;
    asio::post(thread_, [this, over, last = last_] {
      asio::post(io_, [this, over, last, seen = measure_storage(state_, limits_)] {
        if (*over) return;
        *last = seen;
        wait();
      });
    });
  });
}

}  // namespace tripled::app
