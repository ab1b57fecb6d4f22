// Apart from file.cc, which needs more than the small programs that only read.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "schema/base/fd.h"
#include "schema/base/file.h"

namespace tripled {

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.value < 0) return io_error("opening " + path.string(), errno);
  std::string out;
  char buffer[1 << 16];
  for (;;) {
    auto n = ::read(fd.value, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("reading " + path.string(), errno);
    if (n == 0) return out;
    out.append(buffer, static_cast<std::size_t>(n));
    if (out.size() > limit)
      return Error(ErrorKind::io, path.string() + " is larger than " + std::to_string(limit) + " bytes");
  }
}

Result<std::string> read_file_part(const std::filesystem::path& path, std::uint64_t offset,
                                   std::size_t size) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.value < 0) return io_error("opening " + path.string(), errno);
  std::string out(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    auto n = ::pread(fd.value, out.data() + got, size - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("reading " + path.string(), errno);
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  out.resize(got);
  return out;
}

}  // namespace tripled
