// The matrix of a command line: a file, or `--triple` alone; loaded, its facts asked, expanded and narrowed.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "config/expand.h"
#include "config/matrix.h"
#include "daemon/app/core.h"

namespace tripled::cli {

struct PlanArgs {
  std::string matrix;  // file; empty: the current directory with `triples`
  config::Narrowing narrowing;
  std::string toolchain;  // without a matrix; empty: `stable`, or `system` where there is no rustup
  std::size_t cell_limit = 5'000;
};

struct LoadedMatrix {
  config::Matrix matrix;
  std::string file, text;
  FactsRequest request;
};

// The matrix's place whatever directory somebody stands in; empty without a matrix.
std::string absolute_file(const LoadedMatrix& loaded);

// config and usage errors carry the place.
Result<LoadedMatrix> load(const PlanArgs& args);

struct Expanded {
  Plan plan;
  std::vector<ToolchainFacts> facts;  // `triples` holds those of the plan's cells and the host
};

// A one-shot sweep has one worker without labels: what asks for one is excluded where the cell allows that
// (`if-impossible: excluded`), else a config error with its place.
Status settle_worker_labels(Plan& plan);

// Asks the worker for facts and expands; `done` on the io thread.
void expand(app::Core& core, const LoadedMatrix& loaded, const PlanArgs& args,
            std::function<void(Result<Expanded>)> done);

}  // namespace tripled::cli
