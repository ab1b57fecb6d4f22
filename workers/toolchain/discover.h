// Finds the toolchain a matrix names: `stable`, `beta`, `nightly`, `nightly-2026-08-20`, `1.85`, `1.85.0`,
// the name of a rustup toolchain, `system`, a path, `msrv`. Paths that come out are real ones, never rustup's
// proxies (`rustc` in
// ~/.cargo/bin is rustup itself and obeys rust-toolchain.toml, which a sweep must not).
// Thread-safe; each rustc is asked once in the life of a finder.
#pragma once
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "schema/model/toolchain.h"
#include "workers/toolchain/installed.h"
#include "workers/toolchain/tools.h"

namespace tripled::toolchain {

class ToolchainFinder {
 public:
  ToolchainFinder(Surroundings surroundings, RunTool run);

  // Without `triples` (facts.h adds them). Not found: `error` says what is on the machine and what would cure
  // it. `project_dir` is needed for `msrv` alone.
  ToolchainFacts find(const std::string& name, const std::string& project_dir = "");
  // Everything that is installed, each once: rustup's by their directory name, plain ones as `system` or by
  // path.
  std::vector<ToolchainFacts> all();

  const Surroundings& surroundings() const { return surroundings_; }

 private:
  ToolchainFacts described(const Installed& installed);
  std::vector<ToolchainFacts> described_all(const std::vector<Installed>& installed);
  ToolchainFacts by_path(const std::string& path);
  ToolchainFacts by_name(const std::string& name);
  std::string not_found(const std::string& name, const std::vector<ToolchainFacts>& present) const;

  const Surroundings surroundings_;
  const RunTool run_;
  std::mutex mutex_;                             // guards known_
  std::map<std::string, ToolchainFacts> known_;  // by path of rustc
};

// Names this rustc: `1.96.0-ac68faa20-5f2c9a10`. Two builds of one commit (Debian's and rustup's) differ: the
// std of one is not accepted by the other (E0514), because the version text differs.
std::string rustc_id(const ToolchainFacts& facts);

}  // namespace tripled::toolchain
