#include "workers/workdir/source_copy.h"

namespace tripled::workdir {

namespace fs = std::filesystem;

static fs::path beside(const fs::path& root, const char* suffix) {
  auto path = root;
  path += suffix;
  return path;
}

Result<FileLock> SourceCopy::change(const fs::path& root) {
  TRIPLED_ASSIGN(FileLock lock, FileLock::acquire(beside(root, ".lock"), FileLock::Wait::yes));
  std::error_code ignored;
  fs::remove(beside(root, ".state"), ignored);  // what is half changed is nobody's
  return lock;
}

Status SourceCopy::mark(const fs::path& root, const std::string& state) {
  return write_file_atomically(beside(root, ".state"), state);
}

Result<FileLock> SourceCopy::use(const fs::path& root, const std::string& state) {
  TRIPLED_ASSIGN(FileLock lock, FileLock::acquire(beside(root, ".lock"), FileLock::Wait::yes, true));
  auto now = read_file(beside(root, ".state"), 4096);
  if (!now || *now != state)
    return Error(ErrorKind::conflict,
                 "the sources in " + root.string() + " are those of another sweep by now: start a new sweep");
  return lock;
}

}  // namespace tripled::workdir
