// From a matrix that was read to a sweep that can be added: project named, facts asked of a worker, expanded,
// narrowed. What `plan`, `sweep` and the service do alike. io thread.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "config/expand.h"
#include "config/matrix.h"
#include "daemon/app/core/core.h"

namespace tripled::app {

struct MatrixRequest {
  config::Matrix matrix;
  std::string file, text;  // absolute, for people and to know it again; empty: there is none
  config::Narrowing narrowing;
  std::size_t cell_limit = 5'000;
  FactsRequest facts;  // filled by complete()
  store::Trigger trigger = store::Trigger::person;
  std::string ref;                       // that is swept, of a git project the daemon knows
  std::string pool = "default";          // of the workers that it is for
  int priority = 0;                      // of its batches
  std::optional<config::Change> change;  // `when` of a cell is held against it
  // Of sources that were sent: no worker can look them up before the sweep has begun.
  std::optional<std::vector<PackageFacts>> packages;
  std::string rust_version;
};

// Names the project, makes its path absolute and says which facts are needed. config error: an expression.
Status complete(MatrixRequest& request);

struct Expanded {
  Plan plan;
  std::vector<ToolchainFacts> facts;  // `triples` holds those of the plan's cells and the host
};

// Asks a worker (any, if none is named) for facts and expands; `done` on the io thread.
void expand(Core& core, const MatrixRequest& request, std::function<void(Result<Expanded>)> done,
            const std::string& worker = "");

// Asks the worker what the sweep's first toolchain knows of every triple and stores it with the sweep: what
// sets cells apart is told by it. Takes seconds the first time a toolchain is asked, which nobody waits for.
void ask_known_triples(Core& core, store::SweepId sweep, const MatrixRequest& request,
                       const std::vector<ToolchainFacts>& facts, const std::string& worker = "");

// Where every worker is without labels, what asks for one is excluded where the cell allows that
// (`if-impossible: excluded`), else a config error with its place.
Status settle_worker_labels(Plan& plan);

// In a fleet: a cell whose labels no worker has is excluded where it allows that (`if-impossible: excluded`);
// others wait for such a worker.
void leave_out_unlabelled(Plan& plan, const std::vector<sched::WorkerView>& workers);

// A project of a submitted sweep lies below one of `roots`, links followed; usage error otherwise.
Status check_project_path(const std::string& path, const std::vector<std::string>& roots);

store::NewSweep new_sweep(const MatrixRequest& request, Expanded expanded);

}  // namespace tripled::app
