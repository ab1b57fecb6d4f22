// Questions about a worker's machine and their answers: `tripled doctor` and `tripled targets`. Asked by the
// CLI, answered by workers/probe.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "schema/model/batch.h"

namespace tripled {

// shipped: with the toolchain. cached: built earlier. buildable: from rust-src, once, in a minute. core:
// there is no std, core and alloc are built. none: neither shipped nor source to build it from. unknown: this
// rustc does not know the triple.
BOOST_DEFINE_ENUM_CLASS(StdState, shipped, cached, buildable, core, none, unknown)

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

// Found, not tried: nothing is run for it.
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

// Body of the question behind `targets`.
struct TargetsQuestion {
  std::string toolchain = "stable";
  std::vector<CatalogueEntry> triples;  // empty: every triple the toolchain knows
};
BOOST_DESCRIBE_STRUCT(TargetsQuestion, (), (toolchain, triples))

struct TargetsAnswer {
  ToolchainFacts toolchain;  // with its triples, for `--where`
  std::vector<TargetRow> rows;
};
BOOST_DESCRIBE_STRUCT(TargetsAnswer, (), (toolchain, rows))

}  // namespace tripled
