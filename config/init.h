// The matrix that `tripled init` writes: text made from facts that somebody else read from the project's
// manifests and CI files. Pure; any thread. The result is a complete matrix that parse_matrix() accepts, with
// comments for its reader.
#pragma once
#include <string>
#include <vector>

#include "schema/model/toolchain.h"

namespace tripled::config {

struct InitFacts {
  std::string name;                     // of the project; empty: none is written
  std::string host;                     // x86_64-unknown-linux-gnu
  std::vector<PackageFacts> packages;   // workspace members
  std::string rust_version;             // the lowest `rust-version`; empty: none is stated
  bool no_std = false;                  // a library of it is `no_std`
  std::vector<std::string> cfgs;        // of `[target.'cfg(…)'.dependencies]`: cfg(windows), or a triple
  std::vector<std::string> ci_triples;  // found in existing CI files
};

std::string initial_matrix(const InitFacts& facts);

}  // namespace tripled::config
