// Asking git about a checkout and making one from a URL. Blocks; any thread. Never prompts, never runs hooks.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "schema/model/cell.h"

namespace tripled::workdir {

class Git {
 public:
  // `environment`: of the worker; PATH, HOME and what git needs to reach its remotes are taken from it.
  // TRIPLED_GIT_CREDENTIALS names a file as git-credential-store(1) has it, which nobody else may read.
  explicit Git(const std::map<std::string, std::string>& environment);

  // Standard output; tool error with git's own words. `url`: the remote that is spoken to; only one that is
  // a path itself may lead to repositories of this machine.
  Result<std::string> run(const std::filesystem::path& dir, std::vector<std::string> args,
                          const std::string& url = "") const;

  // Tracked plus untracked, not ignored files and those of submodules, relative to `dir`; walk_files() where
  // `dir` is not in a git checkout or git is not installed.
  Result<std::vector<std::string>> list_files(const std::filesystem::path& dir) const;

  // HEAD's commit, `-dirty` behind it when something tracked was changed; empty when not in a checkout.
  std::string revision(const std::filesystem::path& dir) const;

  // A checkout of `source.git` at `source.rev` (default: the remote's HEAD) below `cache`, submodules as
  // pinned when asked. tool error with git's own message.
  Result<std::filesystem::path> checkout(const ProjectSource& source,
                                         const std::filesystem::path& cache) const;

 private:
  std::string program_;  // empty: no git on PATH
  std::map<std::string, std::string> env_;
  std::string credentials_;  // path
};

// A repository on this machine: an absolute path or a file: URL.
bool is_local_repository(const std::string& url);

// The first executable file of that name on a PATH; empty when there is none.
std::string find_program(const std::string& name, const std::string& path);

}  // namespace tripled::workdir
