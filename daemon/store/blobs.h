// Blob files by content: <root>/ab/cdef… (SHA-256 of the bytes as stored). Any thread; several at once are
// fine. A file appears complete and synced or not at all, and always before the row that names it: crash
// leaves at most files without rows, which sweep_orphans() removes at the start of the daemon.
//
// A failed sync, and any error of writing that does not pass by itself, is for good (DESIGN.md): the kernel
// tells of lost bytes once, so what a later sync says is worth nothing. From then on every call that stores
// gives that error, of kind store; reading and removing go on. No room, no descriptor and no memory pass.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "schema/base/result.h"
#include "schema/model/result.h"

namespace tripled::store {

class BlobStore {
 public:
  static Result<BlobStore> open(std::filesystem::path root);

  // Why nothing more is stored; empty: all is well.
  std::string failure() const;

  // Writes, syncs, renames; when it is there already, only its time is now. With `expected_hash`: protocol
  // error when the bytes have another one.
  Result<BlobRef> put(std::string_view bytes, const std::string& expected_hash = "");
  // store error: not there, larger than `limit`, or its bytes no longer have this hash.
  Result<std::string> get(const std::string& hash, std::size_t limit = 256u << 20) const;
  bool has(const std::string& hash) const;
  // nullopt: not there. usage error: no hash.
  Result<std::optional<std::uint64_t>> size_of(const std::string& hash) const;
  // At most `size` bytes from `offset` on; fewer at the end. Not verified: whoever has all of it does that.
  Result<std::string> read_part(const std::string& hash, std::uint64_t offset, std::size_t size) const;
  // Where its file is or would be; usage error when `hash` is not one (64 lower-case hex digits).
  Result<std::filesystem::path> path_of(const std::string& hash) const;

  // A file that comes in pieces (HTTP ranges) and may go on after a cut. Returns the bytes held so far.
  Result<std::uint64_t> upload_size(const std::string& hash) const;
  // conflict: `offset` is not upload_size(). usage: would become larger than `limit`.
  Status append_upload(const std::string& hash, std::uint64_t offset, std::string_view bytes,
                       std::uint64_t limit);
  // Verifies, syncs, renames. protocol error: other bytes than promised; what came is thrown away.
  Result<BlobRef> finish_upload(const std::string& hash);
  // Bytes of all uploads that are not finished.
  Result<std::uint64_t> uploads_total() const;
  // Removes those to which nothing came since.
  Status remove_uploads_older_than(std::filesystem::file_time_type moment);

  Status remove(const std::string& hash);
  // Not when it was put (again) after `time`: somebody is about to name it. True: it is gone.
  Result<bool> remove_unless_put_since(const std::string& hash, std::filesystem::file_time_type time);
  // Unfinished uploads that nobody added to since `older_than` go; then the oldest ones, until those left
  // have no more than `ceiling` bytes (0: no ceiling) or were added to since `spared`.
  struct Swept {
    int files = 0;
    std::uint64_t bytes = 0;
  };
  Result<Swept> collect_uploads(std::filesystem::file_time_type older_than,
                                std::filesystem::file_time_type spared, std::uint64_t ceiling);
  // Bytes of all blobs on disk. Walks the directory.
  Result<std::uint64_t> total_size() const;
  // Removes what `known` does not know and temporary files, but no upload. Only while nobody puts.
  Result<Swept> sweep_orphans(const std::function<bool(const std::string& hash)>& known);

 private:
  struct Health {
    mutable std::mutex mutex;
    std::string failure;
  };

  explicit BlobStore(std::filesystem::path root) : root_(std::move(root)) {}
  Result<std::filesystem::path> upload_path(const std::string& hash) const;
  Status well() const;
  // What came of writing or syncing; remembered when it is for good.
  Status noted(Status written);

  std::filesystem::path root_;
  std::shared_ptr<Health> health_ = std::make_shared<Health>();
};

}  // namespace tripled::store
