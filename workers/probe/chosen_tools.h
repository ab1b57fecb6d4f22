// Which programs and directories serve a triple on this machine: looked up, not yet tried. Precedence for the
// linker: matrix > project's cargo configuration > catalogue > cargo's default. Looks at PATH and the file
// system; any thread.
#pragma once
#include <string>
#include <vector>

#include "schema/model/batch.h"
#include "schema/model/reflect.h"
#include "workers/probe/project_settings.h"
#include "workers/probe/shell.h"

namespace tripled::probe {

BOOST_DEFINE_ENUM_CLASS(ToolOrigin, none, matrix, project, catalogue, cargo_default)

struct ChosenTool {
  std::string name;  // as it goes into a variable or a message; the first candidate where none was found
  std::string path;  // absolute; empty: not found
  ToolOrigin origin = ToolOrigin::none;

  bool found() const { return !path.empty(); }
};
BOOST_DESCRIBE_STRUCT(ChosenTool, (), (name, path, origin))

struct ChosenTools {
  bool host = false;  // the toolchain's own host triple: cargo's defaults are right for compiling
  ChosenTool linker;  // origin none: we know of none, rustc's default for the triple is left alone
  ChosenTool cc, cxx, ar, ranlib;
  std::string sysroot;                    // empty: none found (or none needed)
  bool own_sysroot = false;               // the matrix's
  std::vector<std::string> library_dirs;  // absolute, below the sysroot, existing
  std::string loader;                     // absolute, in the sysroot; empty: not there
  ChosenTool qemu, runner_program;
};

ChosenTools choose_tools(const SetupSpec& spec, const ProjectSettings& project, const ProbeShell& shell);

// Whether Linux on this machine may run programs of the entry's triple without emulation. A probe decides.
bool may_run_natively(const SetupSpec& spec);

// For CARGO_TARGET_<T>_LINKER and -Clinker: the plain name where jobs find it on their PATH, else the whole
// path. Empty: cargo finds it by itself (its default, or the project's).
std::string linker_word(const ChosenTools& tools);

// The variables jobs of this triple get: linker, C compilers, pkg-config, bindgen, QEMU_LD_PREFIX.
std::map<std::string, std::string> job_environment(const SetupSpec& spec, const ChosenTools& tools);

// "apt-get install A B" for the best alternative of each part; empty when Debian has none.
std::string install_line(const std::vector<PackageChoices>& parts);
// A rule for the matrix: `rules: [{match: "triple = T", linker: /path/to/linker}]`.
std::string matrix_line(const std::string& triple, const std::string& setting);

}  // namespace tripled::probe
