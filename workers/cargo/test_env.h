// The environment and working directory cargo gives to a test it runs (cargo book "Environment variables":
// for crates, dynamic library paths), so that we can run the executable ourselves. Compared with what a test
// sees under cargo 1.95 and 1.96. Pure, thread-safe.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "schema/model/result.h"
#include "workers/cargo/messages.h"
#include "workers/cargo/metadata.h"

namespace tripled::cargo {

struct TestEnvInput {
  const Metadata* metadata = nullptr;
  const BuildMessages* messages = nullptr;  // of the calls that built them
  std::string cargo;                        // CARGO
  std::string target_dir, triple,
      profile_dir;  // <target dir>/<triple>/<profile dir>[/deps]; profile_directory()
  // …/lib/rustlib/<triple>/lib of the view, for the triple and for the host (proc-macro harnesses link libstd
  // dynamically).
  std::string rustlib, rustlib_host;
  // Manifest text by manifest path, for `harness = false`; what is absent is taken as libtest.
  std::map<std::string, std::string> manifests;
  std::vector<std::string> libtest_like;  // TestSettings: custom harnesses that speak --list (target names)
  std::map<std::string, std::string> config_env;  // ProjectConfig::env
};

// One Executable per test executable among the artefacts (profile.test and executable). env holds cargo's
// variables only; LD_LIBRARY_PATH is complete (nothing of the caller's is appended).
std::vector<Executable> test_executables(const TestEnvInput& input);

}  // namespace tripled::cargo
