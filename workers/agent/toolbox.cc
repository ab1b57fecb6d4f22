#include "workers/agent/toolbox.h"

#include "workers/toolchain/exec_tools.h"

namespace tripled::agent {

static toolchain::StdOptions std_options(const WorkerContext& context) {
  toolchain::StdOptions options;
  options.cache = context.cache;
  options.rustup_target_add = true;  // before anything is built (DESIGN.md, "std for any triple")
  static const auto sources = std::make_shared<toolchain::SourceIdentities>();  // each job has a toolbox
  options.std_cache.sources = sources;
  return options;
}

Toolbox::Toolbox(const WorkerContext& context, exec::CancelToken& cancel)
    : context_(context),
      cancel_(cancel),
      surroundings_(toolchain::Surroundings::of_this_process()),
      run_(toolchain::tools_from_exec(context.shim, cancel)),
      finder_(surroundings_, run_),
      stds_(std_options(context), surroundings_, run_) {}

probe::ProbeContext Toolbox::probe_context(std::function<void(std::string)> progress) {
  auto ensure = [this](const toolchain::StdRequest& request) { return stds_.ensure(request); };
  return probe::ProbeContext{context_.cache, context_.shim,       context_.environment,
                             cancel_,        std::move(progress), ensure};
}

}  // namespace tripled::agent
