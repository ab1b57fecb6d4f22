#include "config/disk_settings.h"

#include "config/settings_read.h"
#include "schema/base/size.h"

namespace tripled::config {
namespace {

// `none`: 0.
Result<std::uint64_t> read_size(const Entry& entry) {
  if (entry.value.is_scalar() && entry.value.scalar == "none") return std::uint64_t{0};
  auto size = entry.value.is_scalar() ? parse_size(entry.value.scalar) : std::nullopt;
  if (!size || *size == 0)
    return wrong_kind(entry.value, entry.key, "a size with its unit such as `20 GiB`, or `none`");
  return *size;
}

}  // namespace

Status read_disk(const Entry& entry, DiskSettings& out) {
  TRIPLED_TRY(expect_map(entry, "disk: {logs: 20 GiB, evidence: 10 GiB}"));
  TRIPLED_TRY(check_keys(
      entry.value, {"logs", "evidence", "snapshots", "archives", "uploads", "collect-every"}, "`disk`"));
  for (const auto& inner : entry.value.entries) {
    if (inner.key == "collect-every") {
      TRIPLED_ASSIGN(out.collect_every, read_duration(inner));
      continue;
    }
    TRIPLED_ASSIGN(auto size, read_size(inner));
    if (inner.key == "logs") out.logs = size;
    if (inner.key == "evidence") out.evidence = size;
    if (inner.key == "snapshots") out.snapshots = size;
    if (inner.key == "archives") out.archives = size;
    if (inner.key == "uploads") out.uploads = size;
  }
  return {};
}

}  // namespace tripled::config
