// Target dirs: where cargo's output of one project, toolchain and environment lies. Host artefacts are shared
// over triples; the part of a triple whose std changed is removed before cargo sees it, because cargo's
// fingerprint does not know which std a wrapper adds.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "schema/base/file.h"
#include "schema/base/result.h"

namespace tripled::workdir {

struct TargetDirKey {
  std::string project_key;
  std::string rustc_commit;
  std::string view;                                       // the wrapper and the host std it adds
  std::map<std::string, std::optional<std::string>> env;  // of the matrix
};

// The name of the directory below <cache>/target; equal keys, equal names.
std::string target_dir_name(const TargetDirKey& key);

// Held while cargo writes into the directory: compile batches of one target dir are serialised by us.
class TargetDir {
 public:
  // Waits for the lock. `std_hash`: identity of the std for `triple`.
  static Result<TargetDir> open(const std::filesystem::path& cache, const TargetDirKey& key,
                                const std::string& triple, const std::string& std_hash);
  const std::filesystem::path& path() const { return path_; }
  // The triple's part was thrown away because its std is another one now.
  bool std_changed() const { return std_changed_; }

 private:
  TargetDir(std::filesystem::path path, FileLock use, FileLock lock, bool std_changed)
      : path_(std::move(path)), use_(std::move(use)), lock_(std::move(lock)), std_changed_(std_changed) {}
  std::filesystem::path path_;
  FileLock use_, lock_;
  bool std_changed_;
};

}  // namespace tripled::workdir
