// Toolchains and stds as one job sees them: bound to the worker's cache and to the job's own cancellation.
#pragma once
#include "workers/agent/batch.h"
#include "workers/probe/context.h"
#include "workers/toolchain/discover.h"
#include "workers/toolchain/ensure_std.h"

namespace tripled::agent {

class Toolbox {
 public:
  Toolbox(const WorkerContext& context, exec::CancelToken& cancel);

  toolchain::ToolchainFinder& finder() { return finder_; }
  toolchain::StdProvider& stds() { return stds_; }
  const toolchain::RunTool& run() const { return run_; }
  // Valid as long as this object.
  probe::ProbeContext probe_context(std::function<void(std::string)> progress);

 private:
  const WorkerContext& context_;
  exec::CancelToken& cancel_;
  toolchain::Surroundings surroundings_;
  toolchain::RunTool run_;
  toolchain::ToolchainFinder finder_;
  toolchain::StdProvider stds_;
};

}  // namespace tripled::agent
