// The Cargo.lock of one lockfile policy, in the sweep's own copy of the sources; dependencies fetched, so
// that jobs can run offline. On the slot's thread.
#pragma once
#include "workers/agent/stage_run.h"

namespace tripled::agent {

// Equal for plans that share a copy of the sources.
std::string sources_key(const CellSettings& settings);

struct LockRequest {
  const PlanRequest& plan;       // policy, pins, toolchain
  std::string source_dir;        // in a fresh copy: its Cargo.lock is the one the sources have
  std::string target_dir;        // where cargo remembers what rustc said
  bool published_crate = false;  // its manifest is ours to edit: dev-dependencies that do not resolve go
};

struct ResolvedLock {
  std::string hash;            // SHA-256 of the Cargo.lock; empty: there is none
  std::string error;           // one line; empty: resolved and fetched
  std::string cargo_output;    // cargo's words then
  bool project_fault = false;  // the versions cannot be had together, rather than not be reached
  std::string without_dev_dependencies;
  std::vector<std::string> notes;
};

ResolvedLock resolve_lock(const LockRequest& request, const WorkerContext& context, StageRun& run);

}  // namespace tripled::agent
