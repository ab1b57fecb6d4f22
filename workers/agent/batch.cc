#include "workers/agent/batch.h"

#include "workers/agent/compile_job.h"
#include "workers/agent/execute_job.h"
#include "workers/agent/prepare_job.h"
#include "workers/agent/toolbox.h"
#include "workers/probe/setup.h"
#include "workers/toolchain/facts.h"

namespace tripled::agent {
namespace {

// The lease cannot be understood: every job of it says so.
void refuse(const wire::Grant& grant, const Error& error, BatchIo& io) {
  for (const auto& job : grant.jobs) {
    AttemptResult result;
    result.process.outcome = Outcome::not_run;
    result.broken_reason = "the worker could not read the batch: " + error.message();
    io.finished(job, Outcome::not_run, wire::to_json(result));
  }
}

void run_setup_batch(const wire::Grant& grant, const SetupSpec& spec, const WorkerContext& context,
                     BatchIo& io) {
  for (const auto& job : grant.jobs) {
    io.started(job);
    Toolbox toolbox(context, io.cancel());
    auto probe = toolbox.probe_context([&](std::string text) { io.progress(job, text); });
    auto done = probe::set_up(spec, probe);
    if (!done.log.empty()) done.result.log = io.upload(done.log);
    bool cancelled = io.cancel().cancelled();
    io.finished(job, cancelled ? Outcome::cancelled : Outcome::exited, wire::to_json(done.result));
  }
}

template <class Spec, class Run>
void with_spec(const wire::Grant& grant, BatchIo& io, Run run) {
  Spec spec;
  if (auto status = wire::from_json(grant.spec, spec); !status) return refuse(grant, status.error(), io);
  run(spec);
}

}  // namespace

void run_batch(const wire::Grant& grant, const WorkerContext& context, BatchIo& io) {
  switch (grant.kind) {
    case BatchKind::prepare:
      return with_spec<PrepareSpec>(grant, io,
                                    [&](auto& spec) { run_prepare_batch(grant, spec, context, io); });
    case BatchKind::setup:
      return with_spec<SetupSpec>(grant, io, [&](auto& spec) { run_setup_batch(grant, spec, context, io); });
    case BatchKind::compile:
      return with_spec<CompileSpec>(grant, io,
                                    [&](auto& spec) { run_compile_batch(grant, spec, context, io); });
    case BatchKind::execute:
      return with_spec<ExecuteSpec>(grant, io,
                                    [&](auto& spec) { run_execute_batch(grant, spec, context, io); });
  }
}

Result<wire::json::value> answer_question(const wire::Ask& ask, const WorkerContext& context) {
  exec::CancelToken never;
  Toolbox toolbox(context, never);
  if (ask.kind == "facts") {
    FactsRequest request;
    TRIPLED_TRY(wire::from_json(ask.body, request));
    return wire::to_json(toolchain::collect_facts(request, toolbox.finder(), context.cache, toolbox.run()));
  }
  return Error(ErrorKind::protocol, "this worker does not know the question `" + ask.kind + "`");
}

}  // namespace tripled::agent
