// `tripled doctor` and `tripled targets`: what each triple can do on this machine, and for each no the reason
// and a line that can be pasted. examine() proves it with probes and blocks for a second or two per triple;
// with `deep` it builds missing stds too (a minute each). survey() runs nothing at all. Thread-safe.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "schema/model/batch.h"
#include "workers/probe/context.h"
#include "workers/probe/std_state.h"

namespace tripled::probe {

// Body of the question, made by the CLI, which has the catalogue.
struct DoctorQuestion {
  std::string toolchain = "stable";     // as written
  std::vector<CatalogueEntry> triples;  // entry_or_default() of each
  std::string project_dir;              // its cargo configuration may name linkers and runners; may be empty
  CellSettings settings;                // linker, runner, qemu of the user; the defaults will do
  bool deep = false;                    // build stds that are missing
};
BOOST_DESCRIBE_STRUCT(DoctorQuestion, (), (toolchain, triples, project_dir, settings, deep))

// An ability that is `ok` may have a reason as well: what it costs, or how far it was looked at.
struct DoctorRow {
  std::string triple;
  std::optional<int> tier;
  StdState std_state = StdState::unknown;
  Ability check, build, test_no_run, execute_native, execute_emulated;
  RunnerUsed runner;  // what a sweep would use
  std::map<std::string, std::string> versions;
  std::vector<std::string> notes;  // cured traps, the way i686 took, project settings
  std::string log;                 // commands and outputs of the probes
};
BOOST_DESCRIBE_STRUCT(DoctorRow, (),
                      (triple, tier, std_state, check, build, test_no_run, execute_native, execute_emulated,
                       runner, versions, notes, log))

struct DoctorReport {
  ToolchainFacts toolchain;               // without triples; `error` set: nothing could be examined
  std::vector<ToolchainFacts> installed;  // without triples
  std::vector<DoctorRow> rows;            // in the order asked
  std::map<std::string, std::string>
      tools;                     // name -> version or path: ccache, pkg-config, qemu …; only what is found
  std::uint64_t free_bytes = 0;  // on the file system of the cache
  std::vector<std::string> notes;
};
BOOST_DESCRIBE_STRUCT(DoctorReport, (), (toolchain, installed, rows, tools, free_bytes, notes))

// `toolchain` has the facts of at least the triples asked about; `installed`: ToolchainFinder::all();
// `cached`: StdCache::list().
DoctorReport examine(const DoctorQuestion& question, const ToolchainFacts& toolchain,
                     const std::vector<ToolchainFacts>& installed,
                     const std::vector<toolchain::StdEntry>& cached, const ProbeContext& context);

// Found, not tried.
struct TargetRow {
  std::string triple;
  std::optional<int> tier;
  bool in_catalogue = false;
  StdState std_state = StdState::unknown;
  std::string linker;  // found on PATH; empty: `build` says what is missing
  std::string runner;  // native, or the emulator that was found
  Ability check, build, execute;
};
BOOST_DESCRIBE_STRUCT(TargetRow, (),
                      (triple, tier, in_catalogue, std_state, linker, runner, check, build, execute))

std::vector<TargetRow> survey(const std::vector<CatalogueEntry>& triples, const ToolchainFacts& toolchain,
                              const std::vector<toolchain::StdEntry>& cached, const ProbeContext& context);

}  // namespace tripled::probe
