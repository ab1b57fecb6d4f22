#include "workers/workdir/target_dir.h"

#include "schema/base/hash.h"
#include "schema/base/text.h"
#include "workers/workdir/cache_use.h"

namespace tripled::workdir {

namespace fs = std::filesystem;

std::string target_dir_name(const TargetDirKey& key) {
  Sha256 hash;
  hash.field(key.project_key);
  hash.field(key.rustc_commit);
  hash.field(key.view);
  for (const auto& [name, value] : key.env) {
    hash.field(name);
    hash.field(value ? "=" + *value : "unset");
  }
  return key.project_key + "-" + hash.hex().substr(0, 12);
}

Result<TargetDir> TargetDir::open(const fs::path& cache, const TargetDirKey& key, const std::string& triple,
                                  const std::string& std_hash) {
  const auto name = target_dir_name(key);
  auto path = cache / "target" / name;
  TRIPLED_ASSIGN(FileLock use, use_entry(cache, {"target", name}));
  TRIPLED_TRY(make_directories(path));
  auto lock_path = path;
  lock_path += ".lock";
  TRIPLED_ASSIGN(FileLock lock, FileLock::acquire(lock_path, FileLock::Wait::yes));
  auto marker = path / ("." + triple + ".std");
  std::error_code ec;
  bool known = fs::exists(marker, ec);
  auto before = known ? read_file(marker) : Result<std::string>(std::string());
  if (!before) return before.error();
  bool changed = *before != std_hash;
  if (changed) {
    fs::remove_all(path / triple, ec);
    if (ec) return Error(ErrorKind::io, "removing " + (path / triple).string() + ": " + ec.message());
    TRIPLED_TRY(write_file_atomically(marker, std_hash));
  }
  return TargetDir(path, std::move(use), std::move(lock), known && changed);
}

}  // namespace tripled::workdir
