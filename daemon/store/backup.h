// A copy of a store that a daemon writes to meanwhile, and the way back. A backup is a directory like a state
// directory: <to>/tripled.db (whole in itself, checked), <to>/blobs, and backup.json, which says what it is.
// Blobs are hard links where the file system allows it, else copies: a blob file is never changed in place.
// Blocking; any thread.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "daemon/store/rows.h"
#include "schema/base/result.h"

namespace tripled::store {

struct MissingBlob {
  BlobRow blob;
  std::string why;       // not there, damaged
  std::string named_by;  // one of those that name it: sweep 3, s390x-unknown-linux-gnu, build
};

struct BackupSummary {
  std::string store_id;
  int schema = 0;
  std::size_t sweeps = 0, blobs = 0, new_blobs = 0;
  SweepId last_sweep = 0;
  std::uint64_t database_bytes = 0, blob_bytes = 0;
  std::vector<MissingBlob> missing;
};

// Of the store in the directory `state` into `to`, which is made; what an earlier backup left there is used
// again and brought up to date. Errors: usage (no store), store (older schema; the copy is not sound: `to`
// still holds the backup before), conflict (another one is being written there), io.
Result<BackupSummary> back_up(const std::filesystem::path& state, const std::filesystem::path& to);

// When the store in the directory `state` was last backed up whole; 0: never.
UnixMs last_backup(const std::filesystem::path& state);

struct RestoreRequest {
  std::filesystem::path from;   // a backup
  std::filesystem::path state;  // a state directory; made
  bool replace = false;         // a database that is there is set aside, as <database>.replaced-<time>
};

struct RestoreSummary {
  std::string store_id;            // a new one: what workers still have of the other store is refused
  std::filesystem::path replaced;  // where the former database is now; empty: there was none
  std::size_t sweeps = 0, running = 0, blobs = 0;
  SweepId next_sweep = 0;            // ids that were given out after the backup are not used again
  std::vector<MissingBlob> missing;  // nothing names them any more; the verdicts stand
};

// Errors: usage (no backup; a database is there and `replace` is not set: says what would be lost), store
// (the backup is not sound, or of a newer program), conflict (a daemon uses `state`), io.
Result<RestoreSummary> restore_backup(const RestoreRequest& request);

}  // namespace tripled::store
