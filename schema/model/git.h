// What the daemon asks a worker about a git repository: it starts no git itself.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "schema/model/reflect.h"

namespace tripled {

// Either the branches that match `branches` (names or globs), or one `ref` with what lies in it.
struct GitQuestion {
  std::string url;
  std::vector<std::string> branches;
  std::string ref;          // branch, tag or commit
  std::string matrix_path;  // a file in it
  std::string base;         // commit; empty: changed paths are not wanted
};
BOOST_DESCRIBE_STRUCT(GitQuestion, (), (url, branches, ref, matrix_path, base))

struct GitBranch {
  std::string name, revision;
};
BOOST_DESCRIBE_STRUCT(GitBranch, (), (name, revision))

struct GitAnswer {
  std::vector<GitBranch> branches;                  // by name
  std::string revision, message;                    // of `ref`: commit and the first 4 KiB of its message
  std::string matrix;                               // text of the file
  std::optional<std::vector<std::string>> changed;  // paths since `base`; none: not known
};
BOOST_DESCRIBE_STRUCT(GitAnswer, (), (branches, revision, message, matrix, changed))

}  // namespace tripled
