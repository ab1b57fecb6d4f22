#include "workers/agent/execution_archive.h"

#include <algorithm>
#include <set>

#include "schema/base/failpoint.h"
#include "schema/base/file.h"
#include "workers/probe/executable_file.h"
#include "workers/workdir/archive.h"
#include "workers/workdir/cache_use.h"

namespace tripled::agent {
namespace {

namespace fs = std::filesystem;

// Names in the archive are the absolute paths without their first slash.
std::string name_of(const fs::path& path) { return path.lexically_normal().string().substr(1); }

bool is_dynamic_library(const fs::path& file) {
  auto name = file.filename().string();
  return name.ends_with(".so") || name.find(".so.") != std::string::npos;
}

// `<target>/<triple>/<profile>/deps` -> the profile's own directory, where binaries and libraries lie too.
std::set<fs::path> profile_dirs(const std::vector<Executable>& executables) {
  std::set<fs::path> dirs;
  for (const auto& exe : executables) {
    auto dir = fs::path(exe.path).parent_path();
    dirs.insert(dir);
    if (dir.filename() == "deps") dirs.insert(dir.parent_path());
  }
  return dirs;
}

class Contents {
 public:
  Status add_all(const std::vector<Executable>& executables, const ResolvedSources& sources) {
    TRIPLED_TRY(add_below(sources.root));
    for (const auto& exe : executables) {
      add_file(exe.path);
      for (const auto& [name, value] : exe.env) {
        if (name == "OUT_DIR") TRIPLED_TRY(add_below(value));
        if (name.rfind("CARGO_BIN_EXE_", 0) == 0) add_file(value);
      }
    }
    for (const auto& dir : profile_dirs(executables)) add_libraries(dir);
    return {};
  }

  std::vector<workdir::ArchiveEntry> entries;

 private:
  void add_file(const fs::path& file) {
    std::error_code ec;
    if (fs::is_regular_file(file, ec)) entries.push_back({file, name_of(file)});
  }

  Status add_below(const fs::path& dir) {
    std::error_code ec;
    if (!fs::is_directory(dir, ec)) return {};
    TRIPLED_ASSIGN(auto below, workdir::entries_below(dir));
    for (auto& entry : below) {
      entry.name = name_of(entry.from);
      entries.push_back(std::move(entry));
    }
    return {};
  }

  void add_libraries(const fs::path& dir) {
    std::error_code ec;
    for (auto it = fs::directory_iterator(dir, ec); !ec && it != fs::end(it); it.increment(ec))
      if (is_dynamic_library(it->path())) add_file(it->path());
  }
};

std::string newest_glibc(const std::vector<Executable>& executables) {
  std::string newest;
  for (const auto& exe : executables)
    if (auto needed = probe::glibc_needed(exe.path); !probe::glibc_suffices(newest, needed)) newest = needed;
  return newest;
}

}  // namespace

Result<ExecutionArchive> pack_for_execution(const std::vector<Executable>& executables,
                                            const ResolvedSources& sources, const std::string& target_dir,
                                            const WorkerContext& context, BatchIo& io) {
  Contents contents;
  TRIPLED_TRY(contents.add_all(executables, sources));
  auto dir = context.cache / "archives";
  TRIPLED_TRY(make_directories(dir));
  TemporaryFile file(dir);
  TRIPLED_TRY(workdir::pack(file.path(), std::move(contents.entries)));
  failpoint("worker.archive.packed");
  ExecutionArchive archive;
  TRIPLED_ASSIGN(archive.blob, io.upload_file(file.path()));
  archive.dirs = {target_dir, sources.root};
  archive.glibc = newest_glibc(executables);
  return archive;
}

Result<UnpackedArchive> unpack_for_execution(const ExecutionArchive& archive, const WorkerContext& context,
                                             BatchIo& io) {
  auto root = context.cache / "archives" / archive.blob.hash;
  auto beside = [&](const char* suffix) { return fs::path(root.string() + suffix); };
  UnpackedArchive out;
  TRIPLED_ASSIGN(out.use, workdir::use_entry(context.cache, {"archives", archive.blob.hash}));
  TRIPLED_TRY(make_directories(root));
  {
    TRIPLED_ASSIGN(FileLock lock, FileLock::acquire(beside(".lock"), FileLock::Wait::yes));
    std::error_code ec;
    const auto complete = root / ".complete";  // goes with the directory when that is collected
    if (!fs::exists(complete, ec)) {
      TRIPLED_TRY(io.download(archive.blob, beside(".tar.zst")));
      TRIPLED_ASSIGN(auto names, workdir::unpack(beside(".tar.zst"), root));
      failpoint("worker.archive.unpacked");
      fs::remove(beside(".tar.zst"), ec);
      TRIPLED_TRY(write_file_atomically(complete, std::to_string(names.size())));
    }
  }
  for (const auto& dir : archive.dirs) {
    auto from = root / name_of(dir);
    TRIPLED_TRY(make_directories(from));
    if (auto made = make_directories(dir); !made)
      return Error(ErrorKind::io, "the executables look for " + dir +
                                      ", which cannot be made here: " + made.error().message());
    out.mounts.push_back({from, dir});
  }
  return out;
}

}  // namespace tripled::agent
