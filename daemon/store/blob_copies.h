// Blob files that get from one store's directory into another one's. Private to daemon/store.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "daemon/store/backup.h"
#include "daemon/store/blobs.h"
#include "daemon/store/connection.h"

namespace tripled::store {

struct BlobCopies {
  std::size_t there = 0, made = 0;
  std::uint64_t bytes = 0;
  std::vector<MissingBlob> missing;  // without named_by
};

// Those of `rows` that `to` has not yet are linked or copied; each is read once, whether its bytes are what
// its name says. io error: `to` cannot be written.
Result<BlobCopies> copy_blobs(const std::vector<BlobRow>& rows, const BlobStore& from, const BlobStore& to);

// Who names each of them in `db`.
Status name_missing(Connection& db, std::vector<MissingBlob>& missing);

Result<std::vector<BlobRow>> blob_rows(Connection& db);

}  // namespace tripled::store
