// Linker, sysroot and runner of a triple, probed once: what set_up() and the doctor share.
#pragma once
#include "workers/probe/chosen_tools.h"
#include "workers/probe/link_probe.h"
#include "workers/probe/project_settings.h"
#include "workers/probe/shell.h"

namespace tripled::probe {

enum class ProbeLanguage { rust, c };

struct PreflightQuestion {
  const SetupSpec& spec;
  const ChosenTools& tools;
  const ProjectSettings& project;
  ProbeLanguage language = ProbeLanguage::rust;
  bool both_ways = false;  // try emulation although native execution works
};

// Fills link, run_* (where `spec` needs it), env, runner*, versions and notes of `result`, which has its std
// part when the language is Rust.
void probe_triple(const PreflightQuestion& question, ProbeShell& shell, SetupResult& result);

struct ProbedTriple {
  SetupResult result;
  std::string log;
};
BOOST_DESCRIBE_STRUCT(ProbedTriple, (), (result, log))

// The same from the cache where nothing has changed, else probed and, if it worked, cached. `std_part` has
// the std and view (Rust).
ProbedTriple probe_cached(const SetupSpec& spec, const SetupResult& std_part, ProbeLanguage language,
                          bool both_ways, const ProbeContext& context);

}  // namespace tripled::probe
