#include "workers/workdir/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "schema/base/file.h"

namespace tripled::workdir {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t block = 1u << 20;
constexpr std::size_t largest_compared = 64u << 20;  // larger files are written without a look at the old one

struct FreeWriter {
  void operator()(struct archive* a) const { archive_write_free(a); }
};
struct FreeReader {
  void operator()(struct archive* a) const { archive_read_free(a); }
};
struct FreeEntry {
  void operator()(archive_entry* e) const { archive_entry_free(e); }
};
struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

Error io_error(const fs::path& path, const std::string& what) {
  return Error(ErrorKind::io, what + " " + path.string());
}

Error said_by(struct archive* a, const fs::path& path) {
  const char* text = archive_error_string(a);
  return Error(ErrorKind::io, path.string() + ": " + (text ? text : "unknown error of libarchive"));
}

Status write_file(struct archive* out, const fs::path& path, archive_entry* entry, const struct stat& info) {
  Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) return io_error(path, "cannot open");
  archive_entry_set_size(entry, info.st_size);
  if (archive_write_header(out, entry) != ARCHIVE_OK) return said_by(out, path);
  std::string bytes(block, '\0');
  std::int64_t left = info.st_size;
  while (left > 0) {
    auto got = ::read(file.fd, bytes.data(), std::min<std::int64_t>(left, block));
    if (got <= 0) return io_error(path, "changed while it was packed:");
    if (archive_write_data(out, bytes.data(), static_cast<std::size_t>(got)) != got)
      return said_by(out, path);
    left -= got;
  }
  return {};
}

Status write_entry(struct archive* out, const ArchiveEntry& item) {
  struct stat info {};
  if (::lstat(item.from.c_str(), &info) != 0) return io_error(item.from, "cannot read");
  std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), item.name.c_str());
  archive_entry_set_mtime(entry.get(), 0, 0);
  if (S_ISLNK(info.st_mode)) {
    std::error_code ec;
    auto link = fs::read_symlink(item.from, ec);
    if (ec) return io_error(item.from, "cannot read the link");
    archive_entry_set_filetype(entry.get(), AE_IFLNK);
    archive_entry_set_perm(entry.get(), 0777);
    archive_entry_set_symlink(entry.get(), link.c_str());
    return archive_write_header(out, entry.get()) == ARCHIVE_OK ? Status() : Status(said_by(out, item.from));
  }
  if (!S_ISREG(info.st_mode)) return {};
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), (info.st_mode & S_IXUSR) != 0 ? 0755 : 0644);
  return write_file(out, item.from, entry.get(), info);
}

// No component of `name` leads out, and no directory on its way is a link.
Status check_name(const fs::path& name, const fs::path& into) {
  bool bad = name.empty() || name.is_absolute();
  fs::path way = into;
  std::error_code ec;
  for (auto part = name.begin(); part != name.end() && !bad; ++part) {
    bad = *part == ".." || *part == ".";
    if (std::next(part) == name.end()) break;
    way /= *part;
    bad = bad || fs::is_symlink(fs::symlink_status(way, ec));
  }
  if (!bad) return {};
  return Error(ErrorKind::protocol,
               "the archive holds the name `" + name.string() + "`, which leads outside");
}

// At most `limit` bytes.
Result<std::string> read_entry(struct archive* in, const fs::path& path, std::uint64_t limit) {
  std::string bytes;
  const void* data = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  for (;;) {
    auto status = archive_read_data_block(in, &data, &size, &offset);
    if (status == ARCHIVE_EOF) return bytes;
    if (status != ARCHIVE_OK) return said_by(in, path);
    if (offset < 0 || static_cast<std::uint64_t>(offset) > limit ||
        size > limit - static_cast<std::uint64_t>(offset))
      return Error(ErrorKind::protocol,
                   "the archive holds more than " + std::to_string(limit) + " bytes for " + path.string());
    bytes.resize(static_cast<std::size_t>(offset));
    bytes.append(static_cast<const char*>(data), size);
  }
}

// Takes what it wrote off `left`.
Status take_file(struct archive* in, archive_entry* entry, const fs::path& target, std::uint64_t most,
                 std::uint64_t& left) {
  TRIPLED_ASSIGN(std::string bytes, read_entry(in, target, std::min(most, left)));
  left -= bytes.size();
  std::error_code ec;
  const bool executable = (archive_entry_perm(entry) & 0100) != 0;
  const bool regular = fs::is_regular_file(fs::symlink_status(target, ec));
  auto old = regular && bytes.size() <= largest_compared ? read_file(target, largest_compared)
                                                         : Result<std::string>(Error());
  if (!old || *old != bytes) {
    if (!regular) fs::remove_all(target, ec);
    TRIPLED_TRY(write_file_atomically(target, bytes));
  }
  if (::chmod(target.c_str(), executable ? 0755 : 0644) != 0)
    return io_error(target, "cannot set the mode of");
  return {};
}

Status take_link(archive_entry* entry, const fs::path& target) {
  const char* to = archive_entry_symlink(entry);
  if (!to) return Error(ErrorKind::protocol, "a link without a target: " + target.string());
  std::error_code ec;
  if (fs::is_symlink(fs::symlink_status(target, ec)) && fs::read_symlink(target, ec) == to) return {};
  fs::remove_all(target, ec);
  fs::create_symlink(to, target, ec);
  return ec ? Status(io_error(target, "cannot make the link")) : Status();
}

}  // namespace

Status pack(const fs::path& path, std::vector<ArchiveEntry> entries) {
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  std::unique_ptr<struct archive, FreeWriter> out(archive_write_new());
  archive_write_set_format_pax_restricted(out.get());
  archive_write_add_filter_zstd(out.get());
  if (archive_write_open_filename(out.get(), path.c_str()) != ARCHIVE_OK) return said_by(out.get(), path);
  const std::string* before = nullptr;
  for (const auto& entry : entries) {
    if (before && *before == entry.name) continue;
    before = &entry.name;
    TRIPLED_TRY(write_entry(out.get(), entry));
  }
  if (archive_write_close(out.get()) != ARCHIVE_OK) return said_by(out.get(), path);
  return {};
}

Result<std::vector<ArchiveEntry>> entries_below(const fs::path& dir) {
  std::vector<ArchiveEntry> out;
  std::error_code ec;
  auto it = fs::recursive_directory_iterator(dir, ec);
  if (ec) return Error(ErrorKind::io, "reading " + dir.string() + ": " + ec.message());
  for (; it != fs::end(it); it.increment(ec)) {
    if (ec) return Error(ErrorKind::io, "reading " + dir.string() + ": " + ec.message());
    if (it->is_directory() && !it->is_symlink()) continue;
    out.push_back({it->path(), it->path().lexically_relative(dir).string()});
  }
  return out;
}

Result<std::set<fs::path>> unpack(const fs::path& path, const fs::path& into, const UnpackLimits& limits) {
  auto left = limits.total;
  TRIPLED_TRY(make_directories(into));
  std::unique_ptr<struct archive, FreeReader> in(archive_read_new());
  archive_read_support_format_tar(in.get());
  archive_read_support_filter_zstd(in.get());
  if (archive_read_open_filename(in.get(), path.c_str(), block) != ARCHIVE_OK) return said_by(in.get(), path);
  std::set<fs::path> names;
  archive_entry* entry = nullptr;
  for (;;) {
    auto status = archive_read_next_header(in.get(), &entry);
    if (status == ARCHIVE_EOF) return names;
    if (status != ARCHIVE_OK) return said_by(in.get(), path);
    fs::path name(archive_entry_pathname(entry));
    TRIPLED_TRY(check_name(name, into));
    auto target = into / name;
    TRIPLED_TRY(make_directories(target.parent_path()));
    if (archive_entry_filetype(entry) == AE_IFLNK) {
      TRIPLED_TRY(take_link(entry, target));
    } else if (archive_entry_filetype(entry) == AE_IFREG) {
      TRIPLED_TRY(take_file(in.get(), entry, target, limits.file, left));
    } else {
      return Error(ErrorKind::protocol,
                   "the archive holds `" + name.string() + "`, which is no file and no link");
    }
    names.insert(std::move(name));
  }
}

}  // namespace tripled::workdir
