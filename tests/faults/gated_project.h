// A crate whose one test says that it runs and ends when it is let go: the faults of the service happen in
// between, without a clock.
#pragma once
#include <filesystem>
#include <string>

#include "tests/e2e/fleet.h"

namespace tripled::e2e {

class GatedProject {
 public:
  // Below dir/projects/gated; its control files below dir/control.
  explicit GatedProject(const std::filesystem::path& dir);
  // A cell for each of the first `cells` letters, build and run on the host.
  std::string submission(int cells, const std::string& defaults = "toolchain: system") const;
  // Of one cell ("a"), or of all: how often its test was begun.
  int begun(const std::string& cell = "") const;
  void let_go() const;
  void hold() const;  // those that begin from here on

 private:
  std::filesystem::path project_, control_;
};

}  // namespace tripled::e2e
