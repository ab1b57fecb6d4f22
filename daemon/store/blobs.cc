#include "daemon/store/blobs.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "schema/base/failpoint.h"
#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "schema/base/text.h"

namespace tripled::store {
namespace {

namespace fs = std::filesystem;

bool is_hash(const std::string& text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// A rename is lasting once its directory is synced; a new directory once its parent is.
Status sync_directories(const fs::path& file) {
  TRIPLED_TRY(sync_path(file.parent_path()));
  return sync_path(file.parent_path().parent_path());
}

// Whether the same call may do in a minute. A sync that met a full disk has lost bytes all the same; one that
// got no descriptor was none.
bool passes(const Error& error) {
  const auto says = [&](int number) { return contains(error.message(), std::strerror(number)); };
  if (says(EMFILE) || says(ENFILE)) return true;
  return !error.message().starts_with("syncing ") && (says(ENOSPC) || says(EDQUOT) || says(ENOMEM));
}

Result<std::vector<fs::path>> files_below(const fs::path& root) {
  std::vector<fs::path> out;
  std::error_code ec;
  for (fs::recursive_directory_iterator it(root, ec), end; !ec && it != end; it.increment(ec)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored)) out.push_back(it->path());
  }
  if (ec) return Error(ErrorKind::io, "reading " + root.string() + ": " + ec.message());
  return out;
}

// Who put it again is about to name it: it is not to be collected meanwhile.
void touch(const fs::path& file) {
  std::error_code ignored;
  fs::last_write_time(file, fs::file_time_type::clock::now(), ignored);
}

// "" when the file is no blob.
std::string hash_of_path(const fs::path& file) {
  std::string hash = file.parent_path().filename().string() + file.filename().string();
  return is_hash(hash) ? hash : "";
}

}  // namespace

Result<BlobStore> BlobStore::open(fs::path root) {
  TRIPLED_TRY(make_directories(root / "incoming"));
  return BlobStore(std::move(root));
}

std::string BlobStore::failure() const {
  std::lock_guard guard(health_->mutex);
  return health_->failure;
}

Status BlobStore::well() const {
  auto why = failure();
  if (why.empty()) return {};
  return Error(ErrorKind::store, "nothing more is stored in " + root_.string() + ": " + why);
}

Status BlobStore::noted(Status written) {
  if (written || passes(written.error())) return written;
  std::lock_guard guard(health_->mutex);
  if (health_->failure.empty()) health_->failure = written.error().message();
  return written;
}

Result<fs::path> BlobStore::path_of(const std::string& hash) const {
  if (!is_hash(hash)) return Error(ErrorKind::usage, "`" + hash + "` is not a SHA-256 hash");
  return root_ / hash.substr(0, 2) / hash.substr(2);
}

Result<fs::path> BlobStore::upload_path(const std::string& hash) const {
  if (!is_hash(hash)) return Error(ErrorKind::usage, "`" + hash + "` is not a SHA-256 hash");
  return root_ / "incoming" / hash;
}

Result<BlobRef> BlobStore::put(std::string_view bytes, const std::string& expected_hash) {
  const std::string hash = sha256_hex(bytes);
  if (!expected_hash.empty() && hash != expected_hash)
    return Error(ErrorKind::protocol, "blob " + expected_hash + " came with other bytes (" + hash + ")");
  TRIPLED_ASSIGN(auto path, path_of(hash));
  TRIPLED_TRY(well());
  if (has(hash)) {
    touch(path);
  } else {
    failpoint("daemon.blob.before_store");
    TRIPLED_TRY(noted(make_directories(path.parent_path())));
    auto stored = noted(write_file_atomically(path, bytes, true));
    if (stored) stored = noted(sync_path(path.parent_path().parent_path()));
    if (!stored) {  // one that may not last is no blob: the same bytes put again must not find it
      std::error_code ignored;
      fs::remove(path, ignored);
      return stored.error();
    }
    failpoint("daemon.blob.stored");
  }
  return BlobRef{hash, bytes.size()};
}

Result<std::string> BlobStore::get(const std::string& hash, std::size_t limit) const {
  TRIPLED_ASSIGN(auto path, path_of(hash));
  auto bytes = read_file(path, limit);
  if (!bytes) return Error(ErrorKind::store, "blob " + hash + ": " + bytes.error().message());
  if (sha256_hex(*bytes) != hash)
    return Error(ErrorKind::store, "blob " + hash + " is damaged: " + path.string());
  return bytes;
}

bool BlobStore::has(const std::string& hash) const {
  auto path = path_of(hash);
  std::error_code ec;
  return path && fs::is_regular_file(*path, ec);
}

Result<std::optional<std::uint64_t>> BlobStore::size_of(const std::string& hash) const {
  TRIPLED_ASSIGN(auto path, path_of(hash));
  std::error_code ec;
  auto size = fs::file_size(path, ec);
  if (ec) return std::optional<std::uint64_t>();
  return std::optional<std::uint64_t>(size);
}

Result<std::string> BlobStore::read_part(const std::string& hash, std::uint64_t offset,
                                         std::size_t size) const {
  TRIPLED_ASSIGN(auto path, path_of(hash));
  return read_file_part(path, offset, size);
}

Result<std::uint64_t> BlobStore::upload_size(const std::string& hash) const {
  TRIPLED_ASSIGN(auto path, upload_path(hash));
  std::error_code ec;
  auto size = fs::file_size(path, ec);
  return ec ? std::uint64_t{0} : static_cast<std::uint64_t>(size);
}

Status BlobStore::append_upload(const std::string& hash, std::uint64_t offset, std::string_view bytes,
                                std::uint64_t limit) {
  TRIPLED_ASSIGN(auto held, upload_size(hash));
  if (offset != held)
    return Error(ErrorKind::conflict, "blob " + hash + " goes on at byte " + std::to_string(held) + ", not " +
                                          std::to_string(offset));
  if (bytes.size() > limit || held > limit - bytes.size())
    return Error(ErrorKind::usage, "blob " + hash + " is larger than " + std::to_string(limit) + " bytes");
  TRIPLED_ASSIGN(auto path, upload_path(hash));
  TRIPLED_TRY(well());
  return noted(append_file(path, bytes));
}

Result<BlobRef> BlobStore::finish_upload(const std::string& hash) {
  TRIPLED_ASSIGN(auto from, upload_path(hash));
  TRIPLED_ASSIGN(auto to, path_of(hash));
  TRIPLED_TRY(well());
  std::error_code ec;
  if (has(hash)) {
    fs::remove(from, ec);
    touch(to);
    return BlobRef{hash, static_cast<std::uint64_t>(fs::file_size(to, ec))};
  }
  TRIPLED_ASSIGN(auto size, upload_size(hash));
  TRIPLED_ASSIGN(auto real, sha256_file(from));
  if (real != hash) {
    fs::remove(from, ec);
    return Error(ErrorKind::protocol, "blob " + hash + " came with other bytes (" + real + ")");
  }
  TRIPLED_TRY(noted(sync_path(from)));
  TRIPLED_TRY(noted(make_directories(to.parent_path())));
  failpoint("daemon.upload.before_rename");
  fs::rename(from, to, ec);
  if (ec) return noted(Error(ErrorKind::io, "renaming to " + to.string() + ": " + ec.message())).error();
  failpoint("daemon.upload.after_rename");
  if (auto synced = noted(sync_directories(to)); !synced) {
    fs::remove(to, ec);
    return synced.error();
  }
  return BlobRef{hash, size};
}

Result<std::uint64_t> BlobStore::uploads_total() const {
  TRIPLED_ASSIGN(auto files, files_below(root_ / "incoming"));
  std::uint64_t total = 0;
  for (const auto& file : files) {
    std::error_code ec;
    auto size = fs::file_size(file, ec);
    if (!ec) total += size;
  }
  return total;
}

Status BlobStore::remove_uploads_older_than(fs::file_time_type moment) {
  TRIPLED_ASSIGN(auto files, files_below(root_ / "incoming"));
  for (const auto& file : files) {
    std::error_code ec;
    auto written = fs::last_write_time(file, ec);
    if (!ec && written < moment) fs::remove(file, ec);
    if (ec) return Error(ErrorKind::io, "removing " + file.string() + ": " + ec.message());
  }
  return {};
}

Status BlobStore::remove(const std::string& hash) {
  TRIPLED_ASSIGN(auto path, path_of(hash));
  std::error_code ec;
  fs::remove(path, ec);
  if (ec) return Error(ErrorKind::io, "removing " + path.string() + ": " + ec.message());
  return {};
}

Result<bool> BlobStore::remove_unless_put_since(const std::string& hash, fs::file_time_type time) {
  TRIPLED_ASSIGN(auto path, path_of(hash));
  std::error_code ec;
  const auto put = fs::last_write_time(path, ec);
  if (ec || put > time) return false;
  TRIPLED_TRY(remove(hash));
  return true;
}

Result<BlobStore::Swept> BlobStore::collect_uploads(fs::file_time_type older_than, fs::file_time_type spared,
                                                    std::uint64_t ceiling) {
  struct Upload {
    fs::file_time_type time;
    std::uint64_t size = 0;
    fs::path path;
  };
  TRIPLED_ASSIGN(auto files, files_below(root_ / "incoming"));
  std::vector<Upload> uploads;
  std::uint64_t left = 0;
  std::error_code ec;
  for (auto& file : files) {
    Upload upload{fs::last_write_time(file, ec), 0, file};
    if (!ec) upload.size = fs::file_size(file, ec);
    if (ec) continue;  // finished meanwhile
    left += upload.size;
    uploads.push_back(std::move(upload));
  }
  std::sort(uploads.begin(), uploads.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
  Swept swept;
  for (const auto& upload : uploads) {
    const bool over = ceiling > 0 && left > ceiling && upload.time < spared;
    if (upload.time >= older_than && !over) continue;
    if (!fs::remove(upload.path, ec)) continue;
    left -= upload.size;
    ++swept.files;
    swept.bytes += upload.size;
  }
  return swept;
}

Result<std::uint64_t> BlobStore::total_size() const {
  TRIPLED_ASSIGN(auto files, files_below(root_));
  std::uint64_t total = 0;
  std::error_code ec;
  for (const auto& file : files) {
    auto size = fs::file_size(file, ec);
    if (!ec) total += size;
  }
  return total;
}

Result<BlobStore::Swept> BlobStore::sweep_orphans(const std::function<bool(const std::string& hash)>& known) {
  TRIPLED_ASSIGN(auto files, files_below(root_));
  Swept swept;
  std::error_code ec;
  for (const auto& file : files) {
    const std::string hash = hash_of_path(file);
    const bool upload = file.parent_path() == root_ / "incoming";
    if (upload || (!hash.empty() && known(hash))) continue;
    auto size = fs::file_size(file, ec);
    if (!fs::remove(file, ec)) continue;
    ++swept.files;
    swept.bytes += size;
  }
  return swept;
}

}  // namespace tripled::store
