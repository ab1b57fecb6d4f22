// A machine to probe: this one, with a PATH of the test's choice. Tests that need a std share one cache
// ($TRIPLED_TEST_CACHE, else below the build directory).
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "schema/model/batch.h"
#include "workers/exec/cancel_token.h"
#include "workers/probe/context.h"
#include "workers/probe/setup.h"

namespace tripled::test {

inline const std::string kS390x = "s390x-unknown-linux-gnu";

// The toolchain with rust-src (std for other triples can be built), with facts of all triples; `error` set
// when there is none on this machine.
const ToolchainFacts& toolchain();
// A spec for the triple with everything the catalogue knows.
SetupSpec spec_for(const std::string& triple, bool link, bool run);

std::filesystem::path shared_cache();

// A context with its own preflight cache; removed at the end.
class Bench {
 public:
  Bench();
  ~Bench();
  probe::ProbeContext context();
  probe::SetUp set_up(const SetupSpec& spec) { return probe::set_up(spec, context()); }

  // Jobs see only these programs (looked up on the test's own PATH) and nothing else.
  void only_programs(const std::vector<std::string>& names);
  // PATH without these programs: a directory of links to all others that matter.
  const std::filesystem::path& dir() const { return dir_; }

  std::map<std::string, std::string> environment;
  std::vector<std::string> said;  // progress
  exec::CancelToken cancel;

 private:
  std::filesystem::path dir_;
};

// For assertions' messages.
std::string text(const probe::SetUp& up);
bool has_note(const SetupResult& result, const std::string& part);

}  // namespace tripled::test
