#include "workers/workdir/pack_sources.h"

#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "workers/workdir/archive.h"
#include "workers/workdir/cache_use.h"
#include "workers/workdir/snapshot.h"

namespace tripled::workdir {

namespace fs = std::filesystem;

// No file of a snapshot is larger; sources that are larger altogether are no sources.
static constexpr UnpackLimits kLimits{256u << 20, 16ull << 30};

Result<PackAnswer> pack_sources(const PackQuestion& question, const Git& git, const fs::path& cache) {
  const auto key = "sent-" + sha256_hex(question.project_dir).substr(0, 16);
  TRIPLED_ASSIGN(FileLock use, use_entry(cache, {"work", key}));
  const auto work = cache / "work" / key;
  TRIPLED_TRY(make_directories(work));
  TRIPLED_ASSIGN(FileLock lock, FileLock::acquire(work / "lock", FileLock::Wait::yes));
  auto list = [&](const fs::path& dir) { return git.list_files(dir); };
  TRIPLED_ASSIGN(Snapshot taken, take_snapshot(question.project_dir, work / "src", list));
  TRIPLED_ASSIGN(auto entries, entries_below(taken.root));
  TRIPLED_TRY(pack(question.archive, std::move(entries)));
  PackAnswer out;
  auto below = taken.source_dir.lexically_relative(taken.root);
  out.directory = below == "." ? "" : below.string();
  out.snapshot = std::move(taken.hash);
  out.revision = git.revision(question.project_dir);
  out.notes = std::move(taken.notes);
  return out;
}

Result<fs::path> unpack_sources(const fs::path& archive, const std::string& directory, const fs::path& into) {
  std::error_code ec;
  fs::remove_all(into, ec);
  TRIPLED_TRY(unpack(archive, into, kLimits));
  const auto project = directory.empty() ? into : into / directory;
  const auto below = project.lexically_normal().lexically_relative(into.lexically_normal());
  if (below.empty() || *below.begin() == ".." || !fs::exists(project / "Cargo.toml", ec))
    return Error(ErrorKind::protocol, "the sources that were sent have no project at `" + directory + "`");
  return project;
}

}  // namespace tripled::workdir
