// The setup job: std, linker, sysroot and runner of one triple, each proved by a probe before a build is
// spent on it (DESIGN.md, Preflight). Blocks: milliseconds when everything is cached, a second or so when it
// is probed, a minute when a std has to be built. Thread-safe; called on a slot thread.
#pragma once
#include <memory>
#include <string>

#include "schema/model/batch.h"
#include "workers/probe/context.h"

namespace tripled::probe {

struct SetUp {
  SetupResult result;                      // `log` is left to the caller, who stores the text below
  std::string log;                         // commands and outputs of the std's build and of all probes
  std::shared_ptr<toolchain::StdUse> use;  // keep it as long as std and view are needed
};

// Never fails as a call: what cannot be done is an Ability with reason and fix. Everything the triple needs
// to link or run stays untried when the std is missing, and says so. `both_ways`: emulation is tried although
// native works.
SetUp set_up(const SetupSpec& spec, const ProbeContext& context, bool both_ways = false);

}  // namespace tripled::probe
