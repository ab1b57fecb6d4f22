#include "schema/base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "schema/base/fd.h"
#include "schema/base/hash.h"

namespace tripled {
namespace {

Status write_all(int fd, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    auto n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("writing " + path.string(), errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace

Status sync_path(const std::filesystem::path& path) {
  Fd fd(::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.value < 0 || ::fsync(fd.value) != 0) return io_error("syncing " + path.string(), errno);
  return {};
}

Status append_file(const std::filesystem::path& path, std::string_view bytes) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (fd.value < 0) return io_error("opening " + path.string(), errno);
  return write_all(fd.value, bytes, path);
}

Status write_file_atomically(const std::filesystem::path& path, std::string_view bytes, bool sync) {
  auto temporary = path;
  temporary += ".tmp-" + random_hex().substr(0, 12);
  {
    Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (fd.value < 0) return io_error("creating " + temporary.string(), errno);
    Status written = write_all(fd.value, bytes, temporary);
    if (written && sync && ::fsync(fd.value) != 0) written = io_error("syncing " + temporary.string(), errno);
    if (!written) {
      ::unlink(temporary.c_str());
      return written;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    auto error = io_error("renaming to " + path.string(), errno);
    ::unlink(temporary.c_str());
    return error;
  }
  return sync ? sync_path(path.parent_path()) : Status();
}

Status make_directories(const std::filesystem::path& path) {
  std::error_code ec;
  std::filesystem::create_directories(path, ec);
  if (ec) return Error(ErrorKind::io, "creating " + path.string() + ": " + ec.message());
  return {};
}

TemporaryFile::TemporaryFile(const std::filesystem::path& dir)
    : path_(dir / (".tmp-" + random_hex().substr(0, 12))) {}

TemporaryFile::~TemporaryFile() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

Result<FileLock> FileLock::acquire(const std::filesystem::path& path, Wait wait, bool shared) {
  int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return io_error("opening lock " + path.string(), errno);
  int mode = (shared ? LOCK_SH : LOCK_EX) | (wait == Wait::no ? LOCK_NB : 0);
  int rc;
  while ((rc = ::flock(fd, mode)) != 0 && errno == EINTR) {
  }
  if (rc != 0) {
    int saved = errno;
    ::close(fd);
    if (saved == EWOULDBLOCK)
      return Error(ErrorKind::conflict, path.string() + " is held by another process");
    return io_error("locking " + path.string(), saved);
  }
  return FileLock(fd);
}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace tripled
