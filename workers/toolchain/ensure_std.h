// The std of one triple, wherever it comes from (shipped, `rustup target add` where allowed, built from
// rust-src), and the view through which jobs see it. What the worker's setup step calls. Blocks for up to a
// minute or so when a std is built. Thread-safe.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "schema/model/enums.h"
#include "schema/model/toolchain.h"
#include "workers/toolchain/std_cache.h"
#include "workers/toolchain/view.h"

namespace tripled::toolchain {

struct StdRequest {
  ToolchainFacts toolchain;  // `triples` holds at least `triple` and extra_std
  std::string triple;
  StdMode mode = StdMode::full;        // check or full; a triple without std gets core by itself
  std::string policy = "auto";         // the matrix's `std`: auto, core, build (never the shipped one)
  std::vector<std::string> extra_std;  // more triples that must have one (`extra-std`)
};

// Keep it while jobs run: neither std nor view changes meanwhile.
struct StdUse {
  std::vector<std::shared_ptr<StdHold>> stds;
  std::shared_ptr<std::vector<FileLock>> links;
};

struct StdResult {
  StdSource source = StdSource::none;     // none: see error
  std::string hash;                       // identity of the std's content; target dirs must not outlive it
  std::string dir;                        // becomes lib/rustlib/<triple>; empty: shipped
  StdMode mode = StdMode::full;           // what it serves for
  std::string view;                       // directory with bin/rustc, bin/rustdoc
  std::string host_hash;                  // identity of the host's std: host artefacts depend on it
  std::int64_t build_ms = 0, cpu_ms = 0;  // spent now; 0: shipped or cached
  StdFailureKind failure = StdFailureKind::none;
  std::string error, fix;          // not empty: there is no std; a line that can be pasted
  std::string log;                 // of a build, bounded
  std::vector<std::string> notes;  // "no self-contained linker objects", "rustup target add was run"
  std::shared_ptr<StdUse> use;
};

struct StdOptions {
  std::filesystem::path cache;     // views/, std/, facts/ below it
  std::filesystem::path wrapper;   // tripled-rustc; empty: find_wrapper()
  bool rustup_target_add = false;  // `std: auto` may add to a rustup toolchain (needs a network)
  StdCacheOptions std_cache;
};

class StdProvider {
 public:
  StdProvider(StdOptions options, Surroundings surroundings, RunTool run);

  StdResult ensure(const StdRequest& request);
  // For a job whose setup was done earlier (maybe by another process): takes hold of what it names, cheaply.
  // Errors: conflict (removed or replaced since: ensure() again).
  Result<std::shared_ptr<StdUse>> reuse(const std::string& view, const std::string& triple,
                                        const std::string& std_dir, const std::string& std_hash);
  StdCache& cache() { return cache_; }

 private:
  struct Part;
  Part part_for(const StdRequest& request, const std::string& triple);
  bool add_with_rustup(const ToolchainFacts& toolchain, const std::string& triple,
                       std::vector<std::string>& notes);

  const StdOptions options_;
  const Surroundings surroundings_;
  const RunTool run_;
  StdCache cache_;
};

}  // namespace tripled::toolchain
