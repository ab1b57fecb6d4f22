#include "workers/agent/batch.h"

#include <algorithm>

#include "workers/agent/bring_here.h"
#include "workers/agent/compile_job.h"
#include "workers/agent/execute_job.h"
#include "workers/agent/prepare_job.h"
#include "workers/agent/setup_here.h"
#include "workers/agent/toolbox.h"
#include "workers/probe/doctor.h"
#include "workers/toolchain/facts.h"
#include "workers/toolchain/msrv.h"
#include "workers/toolchain/project_packages.h"
#include "workers/workdir/cache_use.h"
#include "workers/workdir/git_mirror.h"
#include "workers/workdir/pack_sources.h"

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

// What the batch needs is not to be had here now; another try may go better.
void fail_to_bring(const wire::Grant& grant, const Error& error, BatchIo& io) {
  for (const auto& job : grant.jobs) {
    io.started(job);
    const auto outcome = io.cancel().cancelled() ? Outcome::cancelled : Outcome::could_not_start;
    if (grant.kind == BatchKind::setup) {
      SetupResult setup;
      setup.tried = false;
      setup.check.reason = error.message();
      io.finished(job, outcome, wire::to_json(setup));
      continue;
    }
    AttemptResult result;
    result.process.outcome = outcome;
    result.process.reason = result.broken_reason = error.message();
    io.finished(job, outcome, wire::to_json(result));
  }
}

// Whether the batch can go on here.
bool is_brought(const wire::Grant& grant, const Result<std::optional<Lack>>& brought, BatchIo& io) {
  if (!brought)
    fail_to_bring(grant, brought.error(), io);
  else if (*brought)
    io.give_back((*brought)->ability, (*brought)->why);
  return brought && !*brought;
}

void run_setup_batch(const wire::Grant& grant, const SetupSpec& spec, const WorkerContext& context,
                     BatchIo& io) {
  for (const auto& job : grant.jobs) {
    io.started(job);
    auto done = set_up_here(spec, context, io, job);
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

Result<ToolchainFacts> facts_of(const std::string& name, const WorkerContext& context, Toolbox& toolbox) {
  FactsRequest request;
  request.toolchains = {name};
  request.cfg_triples = {"*"};
  auto all = toolchain::collect_facts(request, toolbox.finder(), context.cache, toolbox.run());
  if (!all.front().error.empty()) return Error(ErrorKind::tool, all.front().error);
  return all.front();
}

Result<wire::json::value> doctor(const wire::Ask& ask, const WorkerContext& context, Toolbox& toolbox) {
  DoctorQuestion question;
  TRIPLED_TRY(wire::from_json(ask.body, question));
  TRIPLED_ASSIGN(ToolchainFacts facts, facts_of(question.toolchain, context, toolbox));
  auto probe = toolbox.probe_context({});
  return wire::to_json(
      probe::examine(question, facts, toolbox.finder().all(), toolbox.stds().cache().list(), probe));
}

Result<wire::json::value> targets(const wire::Ask& ask, const WorkerContext& context, Toolbox& toolbox) {
  TargetsQuestion question;
  TRIPLED_TRY(wire::from_json(ask.body, question));
  TargetsAnswer answer;
  TRIPLED_ASSIGN(answer.toolchain, facts_of(question.toolchain, context, toolbox));
  for (const auto& t : answer.toolchain.triples) {  // those the catalogue does not name are asked about too
    bool named = std::any_of(question.triples.begin(), question.triples.end(),
                             [&](const CatalogueEntry& e) { return e.triple == t.triple; });
    if (named) continue;
    CatalogueEntry entry;
    entry.triple = t.triple;
    question.triples.push_back(std::move(entry));
  }
  std::erase_if(question.triples, [&](const CatalogueEntry& e) { return !answer.toolchain.find(e.triple); });
  answer.rows = probe::survey(question.triples, answer.toolchain, toolbox.stds().cache().list(),
                              toolbox.probe_context({}));
  return wire::to_json(answer);
}

Result<wire::json::value> git(const wire::Ask& ask, const WorkerContext& context) {
  GitQuestion question;
  TRIPLED_TRY(wire::from_json(ask.body, question));
  TRIPLED_ASSIGN(auto answer,
                 workdir::answer_git(workdir::Git(context.environment), question, context.cache));
  return wire::to_json(answer);
}

Result<wire::json::value> pack(const wire::Ask& ask, const WorkerContext& context) {
  PackQuestion question;
  TRIPLED_TRY(wire::from_json(ask.body, question));
  TRIPLED_ASSIGN(auto answer,
                 workdir::pack_sources(question, workdir::Git(context.environment), context.cache));
  if (auto version = toolchain::project_rust_version(question.project_dir)) answer.rust_version = *version;
  return wire::to_json(answer);
}

}  // namespace

// What the batch was told to work with stays while it runs. Without a lock it goes on all the same: only
// what was not used for hours is ever collected.
class HeldEntries {
 public:
  explicit HeldEntries(const WorkerContext& context) : context_(context) {}
  void add(const std::vector<workdir::CacheEntry>& entries) {
    for (const auto& entry : entries) {
      if (locks_.count(entry)) continue;
      if (auto use = workdir::use_entry(context_.cache, entry)) locks_.emplace(entry, std::move(use).value());
    }
  }

 private:
  const WorkerContext& context_;
  std::map<workdir::CacheEntry, FileLock> locks_;
};

void run_batch(const wire::Grant& grant, const WorkerContext& context, BatchIo& io) {
  HeldEntries held(context);
  held.add(workdir::entries_named(context.cache, grant.spec));
  switch (grant.kind) {
    case BatchKind::prepare:
      return with_spec<PrepareSpec>(grant, io,
                                    [&](auto& spec) { run_prepare_batch(grant, spec, context, io); });
    case BatchKind::setup:
      return with_spec<SetupSpec>(grant, io, [&](auto& spec) {
        if (is_brought(grant, bring_here(spec, context, io), io)) run_setup_batch(grant, spec, context, io);
      });
    case BatchKind::compile:
      return with_spec<CompileSpec>(grant, io, [&](auto& spec) {
        if (!is_brought(grant, bring_here(spec, context, io, grant.jobs.front()), io)) return;
        held.add(workdir::entries_named_in(context.cache, spec));
        run_compile_batch(grant, spec, context, io);
      });
    case BatchKind::execute:
      return with_spec<ExecuteSpec>(grant, io, [&](auto& spec) {
        if (!is_brought(grant, bring_here(spec, context, io, grant.jobs.front()), io)) return;
        held.add(workdir::entries_named_in(context.cache, spec));
        run_execute_batch(grant, spec, context, io);
      });
  }
}

Result<wire::json::value> answer_question(const wire::Ask& ask, const WorkerContext& context) {
  exec::CancelToken never;
  Toolbox toolbox(context, never);
  if (ask.kind == "facts") {
    FactsRequest request;
    TRIPLED_TRY(wire::from_json(ask.body, request));
    FactsAnswer answer;
    answer.toolchains = toolchain::collect_facts(request, toolbox.finder(), context.cache, toolbox.run());
    for (auto& facts : answer.toolchains) facts.worker = context.name;
    if (request.packages)
      toolchain::add_packages(request, toolbox.finder().surroundings(), toolbox.run(), answer);
    return wire::to_json(answer);
  }
  if (ask.kind == "doctor") return doctor(ask, context, toolbox);
  if (ask.kind == "targets") return targets(ask, context, toolbox);
  if (ask.kind == "git") return git(ask, context);
  if (ask.kind == "pack") return pack(ask, context);
  return Error(ErrorKind::protocol, "this worker does not know the question `" + ask.kind + "`");
}

}  // namespace tripled::agent
