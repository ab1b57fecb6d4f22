// A minimal Debian in a directory, as root, from the package sources of this machine; made once and kept.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "tests/program/support.h"

namespace tripled::test {

class Chroot {
 public:
  // Below `dir`, with `packages`. `why` says why there is none (not root, no mmdebstrap, no mirror): then
  // ok() is false. The archive it is unpacked from lies in the test cache.
  Chroot(const std::filesystem::path& dir, const std::vector<std::string>& packages);
  bool ok() const { return why_.empty(); }
  const std::string& why() const { return why_; }
  const std::filesystem::path& root() const { return root_; }

  // A line for the shell inside, with /proc; as `user` (`name:group`), or root.
  Said run(const std::string& command, const std::string& user = "") const;
  // The program and arguments with which this machine runs it inside.
  std::vector<std::string> command(const std::string& line, const std::string& user = "") const;

 private:
  std::filesystem::path root_;
  std::string why_;
};

}  // namespace tripled::test
