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
  explicit Git(const std::map<std::string, std::string>& environment);

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
  Result<std::string> run(const std::filesystem::path& dir, std::vector<std::string> args) const;
  std::string program_;  // empty: no git on PATH
  std::map<std::string, std::string> env_;
};

// The first executable file of that name on a PATH; empty when there is none.
std::string find_program(const std::string& name, const std::string& path);

}  // namespace tripled::workdir
