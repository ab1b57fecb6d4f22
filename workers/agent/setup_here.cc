#include "workers/agent/setup_here.h"

#include "workers/agent/toolbox.h"

namespace tripled::agent {

static void restrict_to_duties(SetupResult& result, const WorkerContext& context) {
  if (!context.executes) {
    const Ability no{false, "worker " + context.name + " only compiles (--compile-only)", ""};
    result.run_native = result.run_emulated = no;
    result.runner = {};
  }
  if (!context.compiles)
    result.check = result.link = {false, "worker " + context.name + " only executes (--execute-only)", ""};
}

probe::SetUp set_up_here(const SetupSpec& spec, const WorkerContext& context, BatchIo& io,
                         const wire::GrantedJob& job) {
  Toolbox toolbox(context, io.cancel());
  auto probe = toolbox.probe_context([&](std::string text) { io.progress(job, text); });
  auto done = probe::set_up(spec, probe);
  done.result.worker = context.name;
  restrict_to_duties(done.result, context);
  return done;
}

}  // namespace tripled::agent
