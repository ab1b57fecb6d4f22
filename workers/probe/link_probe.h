// Links a small program for a triple and looks at what came out. The Rust one goes the way of a job (view's
// rustc, the linker jobs get); the C one stands in where there is no std yet.
#pragma once
#include <filesystem>
#include <string>

#include "schema/model/batch.h"
#include "workers/probe/chosen_tools.h"
#include "workers/probe/executable_file.h"
#include "workers/probe/shell.h"

namespace tripled::probe {

struct LinkedProbe {
  Ability ability;  // ok: the machine of the program is the triple's
  std::filesystem::path program;
  ExecutableFile file;
  bool has_std = true;      // false: a bare entry point that cannot be run as a process
  bool hello_only = false;  // the program knows the hello probe alone
};

// `setup` has the view, std_mode and std_source.
LinkedProbe link_rust_probe(const SetupSpec& spec, const ChosenTools& tools, const SetupResult& setup,
                            ProbeShell& shell);
// Without a C compiler it is left at having found the linker: ok with a reason, and no program.
LinkedProbe link_c_probe(const SetupSpec& spec, const ChosenTools& tools, ProbeShell& shell);

// Reason and fix for the output of a linker that failed, or that there is none.
Ability explain_link_failure(const SetupSpec& spec, const ChosenTools& tools, std::string_view output);
Ability linker_missing(const SetupSpec& spec, const ChosenTools& tools);

}  // namespace tripled::probe
