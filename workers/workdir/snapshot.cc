#include "workers/workdir/snapshot.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <set>

#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "workers/workdir/manifests.h"

namespace tripled::workdir {

namespace fs = std::filesystem;

namespace {

struct Source {
  fs::path from;  // absolute
  fs::path to;    // relative to the snapshot's root
};

// The deepest directory that holds all of `dirs`.
fs::path common_parent(const fs::path& first, const std::vector<fs::path>& others) {
  fs::path common = first;
  for (const auto& other : others) {
    auto [a, b] = std::mismatch(common.begin(), common.end(), other.begin(), other.end());
    fs::path shared;
    for (auto it = common.begin(); it != a; ++it) shared /= *it;
    common = shared;
  }
  return common;
}

Status copy_one(const Source& source, const fs::path& root, Snapshot& snapshot, Sha256& hash) {
  auto target = root / source.to;
  struct stat info {};
  if (::lstat(source.from.c_str(), &info) != 0) return {};  // deleted but still tracked
  hash.field(source.to.string());
  std::error_code ec;
  if (S_ISLNK(info.st_mode)) {
    auto link = fs::read_symlink(source.from, ec);
    hash.field("link:" + link.string());
    if (fs::is_symlink(target, ec) && fs::read_symlink(target, ec) == link) return {};
    fs::remove_all(target, ec);
    fs::create_directories(target.parent_path(), ec);
    fs::create_symlink(link, target, ec);
    if (ec) return Error(ErrorKind::io, "creating " + target.string() + ": " + ec.message());
    ++snapshot.changed;
    return {};
  }
  if (!S_ISREG(info.st_mode)) return {};
  TRIPLED_ASSIGN(std::string bytes, read_file(source.from));
  bool executable = (info.st_mode & S_IXUSR) != 0;
  hash.field(executable ? "x" : "-");
  hash.field(bytes);
  ++snapshot.files;
  auto old =
      fs::is_regular_file(fs::symlink_status(target, ec)) ? read_file(target) : Result<std::string>(Error());
  if (!old || *old != bytes) {
    fs::create_directories(target.parent_path(), ec);
    TRIPLED_TRY(write_file_atomically(target, bytes));
    ++snapshot.changed;
  }
  ::chmod(target.c_str(), executable ? 0755 : 0644);
  return {};
}

// What an earlier snapshot at this place has and this one has not.
void remove_others(const fs::path& root, const std::set<fs::path>& wanted) {
  std::error_code ec;
  std::vector<fs::path> doomed;
  for (auto it = fs::recursive_directory_iterator(root, ec); !ec && it != fs::end(it); it.increment(ec))
    if (!it->is_directory() || it->is_symlink())
      if (!wanted.count(it->path().lexically_relative(root))) doomed.push_back(it->path());
  for (const auto& path : doomed) {
    fs::remove(path, ec);
    for (auto dir = path.parent_path(); dir != root && fs::is_empty(dir, ec); dir = dir.parent_path())
      fs::remove(dir, ec);
  }
}

void note_outer_configuration(const fs::path& outermost, Snapshot& snapshot) {
  std::error_code ec;
  for (fs::path at = outermost; at != at.parent_path();) {
    at = at.parent_path();
    for (const char* name : {".cargo/config.toml", ".cargo/config"})
      if (fs::exists(at / name, ec))
        snapshot.notes.push_back((at / name).string() + " lies outside the sources and does not apply");
  }
}

}  // namespace

Result<std::vector<std::string>> walk_files(const fs::path& dir) {
  std::vector<std::string> out;
  std::error_code ec;
  auto it = fs::recursive_directory_iterator(dir, ec);
  if (ec) return Error(ErrorKind::io, "reading " + dir.string() + ": " + ec.message());
  for (; it != fs::end(it); it.increment(ec)) {
    if (ec) return Error(ErrorKind::io, "reading " + dir.string() + ": " + ec.message());
    if (it->is_directory() && !it->is_symlink()) {
      if (it->path().filename() == ".git" || fs::exists(it->path() / "CACHEDIR.TAG", ec))
        it.disable_recursion_pending();
      continue;
    }
    out.push_back(it->path().lexically_relative(dir).string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

Result<Snapshot> take_snapshot(const fs::path& project_dir, const fs::path& destination,
                               const FileLister& list_files) {
  std::error_code ec;
  auto project = fs::canonical(project_dir, ec);
  if (ec) return Error(ErrorKind::usage, "project " + project_dir.string() + ": " + ec.message());
  if (!fs::exists(project / "Cargo.toml", ec))
    return Error(ErrorKind::usage, "project " + project.string() + " has no Cargo.toml");
  auto workspace = workspace_root(project);
  TRIPLED_ASSIGN(std::vector<std::string> files, list_files(workspace));
  auto outside = outside_dependencies(workspace, files);
  auto common = common_parent(workspace, outside);

  std::vector<Source> sources;
  auto add = [&](const fs::path& dir, const std::vector<std::string>& names) {
    for (const auto& name : names) sources.push_back({dir / name, (dir / name).lexically_relative(common)});
  };
  add(workspace, files);
  Snapshot snapshot;
  for (const auto& dir : outside) {
    TRIPLED_ASSIGN(std::vector<std::string> more, list_files(dir));
    add(dir, more);
    snapshot.notes.push_back("path dependency outside the project: " +
                             dir.lexically_relative(project).string());
  }
  std::sort(sources.begin(), sources.end(), [](const Source& a, const Source& b) { return a.to < b.to; });
  snapshot.root = destination;
  snapshot.source_dir = (destination / project.lexically_relative(common)).lexically_normal();
  if (!snapshot.source_dir.has_filename()) snapshot.source_dir = snapshot.source_dir.parent_path();
  TRIPLED_TRY(make_directories(destination));
  Sha256 hash;
  hash.field(project.lexically_relative(common).string());
  std::set<fs::path> wanted;
  for (const auto& source : sources) {
    TRIPLED_TRY(copy_one(source, destination, snapshot, hash));
    wanted.insert(source.to);
  }
  remove_others(destination, wanted);
  note_outer_configuration(common, snapshot);
  snapshot.hash = hash.hex();
  return snapshot;
}

}  // namespace tripled::workdir
