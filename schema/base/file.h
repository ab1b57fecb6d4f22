// Whole files in and out, with errors that name them. Any thread.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "schema/base/result.h"

namespace tripled {

// At most `limit` bytes; a larger file is an error, not a cut.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit = 256u << 20);
// At most `size` bytes from `offset` on; fewer at the end of the file.
Result<std::string> read_file_part(const std::filesystem::path& path, std::uint64_t offset, std::size_t size);
// Made if need be. After an error some of the bytes may be there.
Status append_file(const std::filesystem::path& path, std::string_view bytes);
// Written beside the target, synced when asked (and its directory after it), and renamed: readers see the old
// or the new file, never half.
Status write_file_atomically(const std::filesystem::path& path, std::string_view bytes, bool sync = false);
// fsync of a file or a directory: a rename is lasting once its directory is synced.
Status sync_path(const std::filesystem::path& path);
Status make_directories(const std::filesystem::path& path);

// A name in `dir` for a file that is written by others and goes with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& dir);
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();
  const std::filesystem::path& path() const { return path_; }

 private:
  const std::filesystem::path path_;
};

// An advisory lock (flock) held while the object lives; the lock file stays. Closes on exec.
class FileLock {
 public:
  enum class Wait { no, yes };
  // conflict error when somebody else holds it and `wait` is no.
  static Result<FileLock> acquire(const std::filesystem::path& path, Wait wait, bool shared = false);
  FileLock(FileLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace tripled
