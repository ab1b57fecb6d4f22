// The packages of a project as cargo lists them without resolving anything: `cargo metadata --no-deps` reads
// manifests alone and writes no Cargo.lock. Blocks for some 50 ms; thread-safe.
#pragma once
#include "schema/model/toolchain.h"
#include "workers/toolchain/tools.h"

namespace tripled::toolchain {

// Members of the workspace that `project_dir` belongs to, by name. tool error: in cargo's words.
Result<std::vector<PackageFacts>> project_packages(const std::string& cargo, const std::string& project_dir,
                                                   const Surroundings& surroundings, const RunTool& run);

// Answers FactsRequest::packages with the first cargo of `answer` that can read the manifests.
void add_packages(const FactsRequest& request, const Surroundings& surroundings, const RunTool& run,
                  FactsAnswer& answer);

}  // namespace tripled::toolchain
