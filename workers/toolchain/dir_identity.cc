#include "workers/toolchain/dir_identity.h"

#include <sys/stat.h>

#include <algorithm>

#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "schema/wire/json.h"

namespace tripled::toolchain {

namespace fs = std::filesystem;

Result<std::vector<FileStamp>> list_files(const fs::path& directory) {
  std::vector<FileStamp> out;
  std::error_code ec;
  for (fs::recursive_directory_iterator it(directory, ec), end; !ec && it != end; it.increment(ec)) {
    struct stat info {};
    if (::lstat(it->path().c_str(), &info) != 0) return io_error("looking at " + it->path().string(), errno);
    if (!S_ISREG(info.st_mode)) continue;
    out.push_back({it->path().lexically_relative(directory).string(),
                   static_cast<std::uint64_t>(info.st_size),
                   info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec});
  }
  if (ec) return io_error("listing " + directory.string(), ec.value());
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

Result<DirectoryStamp> stamp_directory(const fs::path& directory) {
  DirectoryStamp out;
  TRIPLED_ASSIGN(out.files, list_files(directory));
  if (out.files.empty()) return Error(ErrorKind::io, directory.string() + " is empty");
  Sha256 hash;
  for (const auto& file : out.files) {
    TRIPLED_ASSIGN(auto content, sha256_file(directory / file.name));
    hash.field(file.name);
    hash.field(content);
  }
  out.hash = hash.hex();
  return out;
}

Result<std::string> directory_identity(const fs::path& directory, const fs::path& stamp) {
  TRIPLED_ASSIGN(auto present, list_files(directory));
  if (auto text = read_file(stamp, 16u << 20)) {
    auto known = wire::from_text_json<DirectoryStamp>(text.value());
    if (known && !known.value().hash.empty() && !present.empty() && known.value().files == present)
      return known.value().hash;
  }
  TRIPLED_ASSIGN(auto fresh, stamp_directory(directory));
  (void)write_file_atomically(stamp, wire::to_text_json(fresh));
  return fresh.hash;
}

}  // namespace tripled::toolchain
