// The identity of a directory of libraries: a hash of names and contents. It is computed once; as long as
// names, sizes and modification times are those of the stamp file, it stands. Thread-safe (stamps are written
// atomically).
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "schema/model/reflect.h"

namespace tripled::toolchain {

struct FileStamp {
  std::string name;  // relative
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  bool operator==(const FileStamp&) const = default;
};
BOOST_DESCRIBE_STRUCT(FileStamp, (), (name, size, mtime_ns))

struct DirectoryStamp {
  std::string hash;
  std::vector<FileStamp> files;  // sorted
};
BOOST_DESCRIBE_STRUCT(DirectoryStamp, (), (hash, files))

// Regular files below `directory`, symbolic links left out. Errors: io.
Result<std::vector<FileStamp>> list_files(const std::filesystem::path& directory);
// Reads everything: 200 MB take a third of a second or so.
Result<DirectoryStamp> stamp_directory(const std::filesystem::path& directory);
// The identity, from the stamp if it still fits; else it is computed and the stamp written anew (a stamp that
// cannot be written is not an error). Errors: io, also when there is no file at all.
Result<std::string> directory_identity(const std::filesystem::path& directory,
                                       const std::filesystem::path& stamp);

}  // namespace tripled::toolchain
