// The command line: a daemon elsewhere.
#include "daemon/cli/command_line.h"

namespace tripled::cli {

void CommandLine::add_remote(CLI::App& app) {
  app.add_option("--server", remote_.remote.server,
                 "https:// or http://HOST:PORT of a daemon (`tripled serve`)");
  app.add_option("--ca", remote_.remote.ca,
                 "the certificates that may vouch for it (PEM); default: TRIPLED_CA, else the system's");
  app.add_option("--token-file", remote_.remote.token_file, "its token; default: the variable TRIPLED_TOKEN");
}

CLI::App* CommandLine::remote_subcommand(const std::string& name, const std::string& what,
                                         const std::string& examples) {
  auto* sub = app_.add_subcommand(name, what);
  sub->footer("\nWithout --server the variable TRIPLED_SERVER names the daemon.\n\nExamples:\n" + examples);
  add_remote(*sub);
  sub->add_flag("--json", remote_.json, "the daemon's answer as it is");
  sub->add_option("--color", common_.colour, "auto, always or never")
      ->transform(CLI::CheckedTransformer(colour_words));
  return sub;
}

RemoteCommand CommandLine::remote_command() const {
  auto out = remote_;
  out.colour = common_.colour;
  return out;
}

void CommandLine::define_remote() {
  auto* status =
      remote_subcommand("status", "What a daemon does: workers, what runs, what waits and why",
                        "  tripled status --server http://127.0.0.1:7420 --token-file admin.token");
  status->callback([this] { status_ = run_status(remote_command()); });

  auto* cancel = remote_subcommand("cancel", "Cancel a sweep of a daemon",
                                   "  tripled cancel 7\n  tripled cancel 7 --now");
  cancel->add_option("sweep", cancel_.sweep, "its number")->required();
  cancel->add_flag("--now", cancel_.now, "kill what runs");
  cancel->callback([this] {
    cancel_.common = remote_command();
    status_ = run_cancel(cancel_);
  });

  auto* rerun = remote_subcommand(
      "rerun", "Try cells of a daemon's sweep again, in place",
      "  tripled rerun 7 --failed\n  tripled rerun 7 s390x-unknown-linux-gnu\n"
      "  tripled rerun 7 --triple 's390x-*' --broken\n  tripled rerun 7 --stage execute --failed -f");
  rerun->add_option("sweep", rerun_.sweep, "its number")->required();
  rerun->add_option("cell", rerun_.cells, "ids of cells");
  add_list(*rerun, "--triple", rerun_.triples, "cells of triples that match this glob; repeatable");
  add_list(*rerun, "--stage", rerun_.stages, "cells that have this stage; repeatable");
  rerun->add_flag("--failed", rerun_.failed, "cells (with --stage: those of which it) failed or timed out");
  rerun->add_flag("--broken", rerun_.broken, "cells that were broken, or blocked by what was");
  rerun->add_flag("-f,--follow", rerun_.follow, "wait, show the report, end as the sweep does");
  rerun->callback([this] {
    rerun_.common = remote_command();
    status_ = run_rerun(rerun_);
  });

  auto* workers = remote_subcommand("workers", "List a daemon's workers, or change one",
                                    "  tripled workers\n  tripled workers drain build-3\n"
                                    "  tripled workers void build-3 --since 2026-11-21T09:30:00Z");
  workers
      ->add_option("change", worker_.change, "drain, undrain, release (from quarantine), void (its results)")
      ->check(CLI::IsMember({"drain", "undrain", "release", "void"}));
  workers->add_option("name", worker_.worker, "the worker")->needs("change");
  workers->add_option("--since", worker_.since,
                      "with void: what it finished since then is not believed and tried again; a moment in "
                      "UTC (2026-11-21T09:30:00Z), or how long ago (2h)");
  workers->add_option("--until", worker_.until,
                      "with void: and before this moment; without it the worker is drained as well");
  workers->callback([this] {
    if (worker_.change.empty() != worker_.worker.empty())
      return refuse(usage_error("name the worker to " + worker_.change));
    if ((worker_.change == "void") == worker_.since.empty())
      return refuse(usage_error("--since goes with `void`, and `void` with it"));
    worker_.common = remote_command();
    status_ = run_worker(worker_);
  });
}

void CommandLine::define_token() {
  auto* token = remote_subcommand(
      "token", "Tokens of a daemon: list, add NAME ROLE, revoke NAME, enrol [WORKER]",
      "  tripled token add ci submitter > ci.token\n  tripled token revoke ci\n"
      "  tripled token enrol build-3 --pool linux --expires 1h > enrol.token\n"
      "      (then, there: tripled-worker --name build-3 --pool linux --enrol enrol.token --daemon …)");
  token->add_option("action", token_.action, "list, add, revoke, or enrol: a token that is good once")
      ->check(CLI::IsMember({"list", "add", "revoke", "enrol"}))
      ->default_val("list");
  token->add_option("name", token_.name,
                    "of the token; with enrol the worker that it is for, and whose token it may replace "
                    "(default: any that has none); with revoke also `enrolment=N`");
  token->add_option("role", token_.role, "viewer, submitter, worker or admin");
  token->add_option("--pool", token_.pool, "with enrol: the worker is bound to this pool");
  token->add_option("--expires", token_.expires, "with enrol: how long it is good, up to 30 days")
      ->capture_default_str();
  token->callback([this, token] {
    if (token_.action != "enrol" && token->count("--pool") + token->count("--expires") > 0)
      return refuse(usage_error("--pool and --expires go with `token enrol`"));
    const bool named = token_.action == "add" || token_.action == "revoke";
    if (named && token_.name.empty())
      return refuse(usage_error("token " + token_.action + " NAME: the name is missing"));
    if (token_.action == "add" && token_.role.empty())
      return refuse(usage_error("token add NAME ROLE: the role is missing"));
    token_.common = remote_command();
    status_ = run_token(token_);
  });
}

void CommandLine::define_projects() {
  auto* project = remote_subcommand(
      "project", "Projects of a daemon: list, add NAME, show NAME, remove NAME",
      "  tripled project add demo --git https://git.example/demo.git --poll 5m --poll-ref main\n"
      "  tripled project add local --directory /srv/src/local --matrix sweep.yaml");
  define_options(*project, project_);
  project->callback([this] {
    project_.common = remote_command();
    status_ = run_project(project_);
  });
  auto* schedule = remote_subcommand(
      "schedule", "Schedules of a daemon: list, add PROJECT CRON, show ID, remove ID, run ID",
      "  tripled schedule add demo '30 3 * * *' --zone Europe/Berlin --catch-up once\n"
      "  tripled schedule run 1");
  define_options(*schedule, schedule_);
  schedule->callback([this] {
    schedule_.common = remote_command();
    status_ = run_schedule(schedule_);
  });
}

}  // namespace tripled::cli
