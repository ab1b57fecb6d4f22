#include "daemon/cli/cli.h"

#include <CLI/CLI.hpp>

#include "daemon/cli/commands.h"
#include "daemon/cli/describe_commands.h"
#include "daemon/cli/explain_commands.h"
#include "daemon/cli/project_commands.h"
#include "daemon/cli/remote_commands.h"
#include "daemon/cli/serve_command.h"
#include "daemon/cli/storage_commands.h"
#include "daemon/cli/sweep_command.h"
#include "schema/base/text.h"
#include "schema/program/log.h"

namespace tripled::cli {
namespace {

constexpr const char* sweep_examples = R"(
Examples:
  tripled sweep matrix.yaml
  tripled sweep matrix.yaml --triple 's390x-*' --stage check
  tripled sweep matrix.yaml --only 'cfg(target_endian = "big")' --report html=report.html
  tripled sweep --triple x86_64-unknown-linux-gnu --triple i686-unknown-linux-gnu
  tripled sweep --resume

Exit status: 0 all as expected; 1 an unexpected failure, timeout or suspect, or an unmet expectation; 2 usage or
configuration; 3 only broken (the cure is outside the code); 130 interrupted.)";

const std::map<std::string, ColourChoice> colour_words{
    {"auto", ColourChoice::automatic}, {"always", ColourChoice::always}, {"never", ColourChoice::never}};

struct Common {
  Paths paths = default_paths();
  ColourChoice colour = ColourChoice::automatic;
};

void add_common(CLI::App& app, Common& common) {
  app.add_option("--state", common.paths.state, "database and logs")->capture_default_str();
  app.add_option("--cache", common.paths.cache, "stds, snapshots, target dirs")->capture_default_str();
  app.add_option("--color", common.colour, "auto, always or never")
      ->transform(CLI::CheckedTransformer(colour_words));
}

struct NarrowingWords {
  std::vector<std::string> stages;
};

// One value each time it is given: what follows is not its own, such as the matrix.
void add_list(CLI::App& app, const std::string& name, std::vector<std::string>& values,
              const std::string& description) {
  app.add_option(name, values, description)->allow_extra_args(false);
}

void add_plan_options(CLI::App& app, PlanArgs& plan, NarrowingWords& words) {
  app.add_option("matrix", plan.matrix, "the matrix file (schema/json/matrix.schema.json)");
  add_list(app, "--triple", plan.narrowing.triples, "only triples that match this glob; repeatable");
  add_list(app, "--add", plan.narrowing.added, "this triple, too, which the matrix lacks; repeatable");
  add_list(app, "--stage", words.stages, "only this stage: check, build, test-no-run, execute; repeatable");
  add_list(app, "-p,--package", plan.narrowing.packages, "only this package; repeatable");
  add_list(app, "--test", plan.narrowing.tests, "only tests that match, too; repeatable");
  app.add_option("--only", plan.narrowing.only, "only cells for which this expression is true");
  app.add_option("--toolchain", plan.toolchain, "without a matrix: stable, 1.85, system, a path");
  app.add_option("--cell-limit", plan.cell_limit, "refuse a matrix of more cells")->capture_default_str();
}

Status read_stages(const NarrowingWords& words, PlanArgs& plan) {
  for (const auto& word : words.stages) {
    auto stage = from_text<Stage>(word);
    if (!stage) return usage_error("--stage " + word + ": expected one of " + join(all_texts<Stage>(), ", "));
    plan.narrowing.stages.push_back(*stage);
  }
  return {};
}

class CommandLine {
 public:
  CommandLine() {
    app_.set_version_flag("--version", "tripled " TRIPLED_VERSION);
    app_.require_subcommand(1);
    app_.footer("\nRun `tripled COMMAND --help` for its options and examples.");
    define_sweep();
    define_plan();
    define_report();
    define_logs();
    define_repro();
    define_doctor();
    define_targets();
    define_init();
    define_serve();
    define_remote();
    define_token();
    explain_.define(app_, common_.paths, status_);
    storage_.define(app_, common_.paths, status_);
    define_descriptions();
    define_projects();
  }

  int run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::RequiredError& e) {
      auto words = app_.remaining();
      if (words.empty()) return app_.exit(e), 2;
      refuse(unknown(words.front()));  // CLI11 says only that a command is missing
    } catch (const CLI::ParseError& e) {
      return app_.exit(e) == 0 ? 0 : 2;
    }
    return status_;
  }

 private:
  Error unknown(const std::string& word) const {
    std::vector<std::string> names;
    for (const auto* sub : app_.get_subcommands({})) names.push_back(sub->get_name());
    std::string text =
        "unknown " + std::string(word.rfind('-', 0) == 0 ? "option" : "command") + " `" + word + "`";
    if (auto meant = nearest(word, names)) text += "; did you mean `" + *meant + "`?";
    return usage_error(text + " (tripled --help)");
  }

  void define_sweep() {
    auto* sub = app_.add_subcommand("sweep", "Compile and run a project over the triples of a matrix");
    sub->footer(sweep_examples);
    add_common(*sub, common_);
    add_plan_options(*sub, sweep_.plan, words_);
    sub->add_option("--slots", sweep_.slots, "batches that run at once; default: one per core, at least 2");
    sub->add_flag("--json", sweep_.json, "events as JSON lines on standard output");
    add_remote(*sub);
    sub->add_flag("--detach", remote_sweep_.detach, "with --server: print its number and do not wait");
    sub->add_flag("--in-place", remote_sweep_.in_place,
                  "with --server: send no sources, the project lies on the daemon's machine below its "
                  "project-roots");
    sub->add_flag("-q,--quiet", sweep_.quiet, "no progress and no report: the exit status alone");
    sub->add_flag("--strict", sweep_.strict, "flaky tests make exit status 1");
    sub->add_flag("--failed", sweep_.failed,
                  "only cells that did not end well in the newest sweep of this matrix");
    sub->add_option("--resume", resume_, "go on with an unfinished sweep (the newest, or this number)")
        ->expected(0, 1)
        ->excludes("--failed");
    add_list(*sub, "--report", reports_, "FORMAT=FILE with text, json, junit or html; repeatable");
    sub->callback([this, sub] {
      sweep_.paths = common_.paths;
      sweep_.colour = common_.colour;
      if (sub->count("--resume") > 0) {
        auto resumed = parse_resume(resume_, sweep_.plan);
        if (!resumed) return refuse(resumed.error());
        sweep_.resume = *resumed;
      }
      for (const auto& text : reports_) {
        auto report = parse_report_file(text);
        if (!report) return refuse(report.error());
        sweep_.reports.push_back(*report);
      }
      if (auto read = read_stages(words_, sweep_.plan); !read) return refuse(read.error());
      if (!remote_.remote.server.empty()) {
        remote_sweep_.plan = sweep_.plan;
        remote_sweep_.paths = sweep_.paths;
        remote_sweep_.common = remote_command();
        remote_sweep_.common.json = sweep_.json;
        status_ = run_remote_sweep(remote_sweep_);
        return;
      }
      if (remote_sweep_.in_place) return refuse(usage_error("--in-place goes with --server"));
      status_ = run_sweep(sweep_);
    });
  }

  void define_plan() {
    auto* sub =
        app_.add_subcommand("plan", "Show the cells of a matrix, or where each setting of a cell comes from");
    sub->footer(
        "\nExamples:\n  tripled plan matrix.yaml\n  tripled plan matrix.yaml --explain "
        "s390x-unknown-linux-gnu");
    add_common(*sub, common_);
    add_plan_options(*sub, plan_.plan, words_);
    sub->add_option("--explain", plan_.explain, "every setting of this cell with the line it comes from");
    sub->add_flag("--json", plan_.json, "the plan as JSON");
    sub->callback([this] {
      plan_.paths = common_.paths;
      plan_.colour = common_.colour;
      if (auto read = read_stages(words_, plan_.plan); !read) return refuse(read.error());
      status_ = run_plan(plan_);
    });
  }

  void define_report() {
    auto* sub = app_.add_subcommand("report", "Show the report of a stored sweep");
    sub->footer("\nExamples:\n  tripled report\n  tripled report 7 --format html > report.html");
    add_common(*sub, common_);
    sub->add_option("sweep", report_.sweep, "its number; default: the newest");
    sub->add_option("--format", report_.format, "text, json, junit or html")->capture_default_str();
    sub->add_flag("--json", remote_.json, "as --format json");
    add_remote(*sub);
    sub->callback([this] {
      if (remote_.json) report_.format = "json";
      if (!remote_.remote.server.empty()) {
        status_ = run_remote_report(remote_command(), report_.sweep, report_.format);
        return;
      }
      report_.paths = common_.paths;
      report_.colour = common_.colour;
      status_ = run_report(report_);
    });
  }

  void define_logs() {
    auto* sub = app_.add_subcommand("logs", "Print the stored log of a cell");
    sub->footer(
        "\nExamples:\n  tripled logs s390x-unknown-linux-gnu build\n  tripled logs   (prepare and setup)");
    add_common(*sub, common_);
    sub->add_option("cell", logs_.cell, "id of a cell; without one: prepare and setup");
    sub->add_option("stage", logs_.stage, "check, build, test-no-run or execute; default: all");
    sub->add_option("--sweep", logs_.sweep, "number of the sweep; default: the newest");
    add_remote(*sub);
    sub->add_flag("-f,--follow", follow_, "with --server: say what the cell does until it is over");
    sub->add_flag("--json", remote_.json, "with --server: the logs with their attempts as JSON");
    sub->add_flag("--raw", logs_.raw, "byte for byte, with escape sequences that a terminal would obey");
    sub->callback([this] {
      if (!remote_.remote.server.empty()) {
        status_ =
            run_remote_logs({remote_command(), logs_.sweep, logs_.cell, logs_.stage, follow_, logs_.raw});
        return;
      }
      if (follow_ || remote_.json)
        return refuse(usage_error("-f and --json are for a daemon's sweeps: name it with --server"));
      logs_.paths = common_.paths;
      logs_.colour = common_.colour;
      status_ = run_logs(logs_);
    });
  }

  void define_repro() {
    auto* sub = app_.add_subcommand("repro", "Print a shell script that repeats a cell by hand");
    sub->footer(
        "\nExamples:\n  tripled repro i686-unknown-linux-gnu --stage check | sh\n"
        "  tripled repro s390x-unknown-linux-gnu --test codec::round_trip > again.sh");
    add_common(*sub, common_);
    sub->add_option("cell", repro_.cell, "id of a cell")->required();
    sub->add_option("--stage", repro_.stage, "this stage alone; default: everything that ran");
    sub->add_option("--test", repro_.test, "this test alone, with the executable it is in");
    sub->add_option("--sweep", repro_.sweep, "number of the sweep; default: the newest");
    sub->callback([this] {
      repro_.paths = common_.paths;
      repro_.colour = common_.colour;
      status_ = run_repro(repro_);
    });
  }

  void define_doctor() {
    auto* sub = app_.add_subcommand(
        "doctor", "Try what each triple can do on this machine, and say what would cure a no");
    sub->footer(
        "\nExamples:\n  tripled doctor\n  tripled doctor s390x-unknown-linux-gnu --toolchain system --deep");
    add_common(*sub, common_);
    sub->add_option("triple", doctor_.triples, "triples; default: those whose linker is here");
    sub->add_option("--toolchain", doctor_.toolchain, "stable, 1.85, system, a path")->capture_default_str();
    sub->add_flag("--deep", doctor_.deep, "build a std that is missing (up to a minute each)");
    sub->add_flag("--json", doctor_.json, "the answer as JSON");
    sub->callback([this] {
      doctor_.paths = common_.paths;
      doctor_.colour = common_.colour;
      status_ = run_doctor(doctor_);
    });
  }

  void define_targets() {
    auto* sub = app_.add_subcommand("targets",
                                    "List the triples the toolchain knows with what is found here for them");
    sub->footer(
        "\nExamples:\n  tripled targets --toolchain system --where 'cfg(target_endian = \"big\") and std'");
    add_common(*sub, common_);
    sub->add_option("--toolchain", targets_.toolchain, "stable, 1.85, system, a path")->capture_default_str();
    sub->add_option("--where", targets_.where, "only triples for which this expression is true");
    sub->add_flag("--json", targets_.json, "the rows as JSON");
    sub->callback([this] {
      targets_.paths = common_.paths;
      targets_.colour = common_.colour;
      status_ = run_targets(targets_);
    });
  }

  void define_init() {
    auto* sub = app_.add_subcommand("init", "Write a commented matrix from the project's own manifests");
    sub->footer("\nExamples:\n  tripled init\n  tripled init path/to/project --file sweep.yaml");
    sub->add_option("directory", init_.directory, "the project")->capture_default_str();
    sub->add_option("--file", init_.file, "what to write; `-`: standard output")->capture_default_str();
    sub->add_flag("--force", init_.force, "replace a file that is there");
    sub->callback([this] { status_ = run_init(init_); });
  }

  void define_serve() {
    auto* sub = app_.add_subcommand(
        "serve", "Run the daemon: API, stored sweeps and workers, until it is told to end");
    sub->footer(
        "\nExamples:\n  tripled serve tripled.yaml --check\n  tripled serve tripled.yaml\n\n"
        "Exit status: 0 ended on request (SIGINT, SIGTERM; a second one ends it at once); 2 usage,\n"
        "configuration, or a database that cannot be used; 3 the store failed.");
    sub->add_option("settings", serve_.settings, "the settings (schema/json/service.schema.json)");
    sub->add_option("--state", common_.paths.state, "database and logs, where the settings name none")
        ->capture_default_str();
    sub->add_option("--cache", common_.paths.cache, "stds, snapshots, target dirs, likewise")
        ->capture_default_str();
    sub->add_flag("--check", serve_.check, "read the settings, say what they mean, and end");
    sub->callback([this] {
      serve_.paths = common_.paths;
      status_ = run_serve(serve_);
    });
  }

  // --- a daemon elsewhere

  void add_remote(CLI::App& app) {
    app.add_option("--server", remote_.remote.server,
                   "https:// or http://HOST:PORT of a daemon (`tripled serve`)");
    app.add_option("--ca", remote_.remote.ca,
                   "the certificates that may vouch for it (PEM); default: TRIPLED_CA, else the system's");
    app.add_option("--token-file", remote_.remote.token_file,
                   "its token; default: the variable TRIPLED_TOKEN");
  }
  CLI::App* remote_subcommand(const std::string& name, const std::string& what, const std::string& examples) {
    auto* sub = app_.add_subcommand(name, what);
    sub->footer("\nWithout --server the variable TRIPLED_SERVER names the daemon.\n\nExamples:\n" + examples);
    add_remote(*sub);
    sub->add_flag("--json", remote_.json, "the daemon's answer as it is");
    sub->add_option("--color", common_.colour, "auto, always or never")
        ->transform(CLI::CheckedTransformer(colour_words));
    return sub;
  }
  RemoteCommand remote_command() const {
    auto out = remote_;
    out.colour = common_.colour;
    return out;
  }

  void define_remote() {
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
        ->add_option("change", worker_.change,
                     "drain, undrain, release (from quarantine), void (its results)")
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

  void define_token() {
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

  // --- what the command line says of itself

  void define_descriptions() {
    auto* completion = app_.add_subcommand("completion", "Print a completion script for a shell");
    completion->footer(
        "\nExamples:\n  source <(tripled completion bash)\n"
        "  tripled completion zsh > ~/.zfunc/_tripled\n"
        "  tripled completion fish > ~/.config/fish/completions/tripled.fish");
    completion->add_option("shell", shell_, "which")
        ->check(CLI::IsMember({"bash", "fish", "zsh"}))
        ->required();
    completion->callback(
        [this] { status_ = run_completion(shell_, program::read_command(app_, "tripled")); });

    auto* man =
        app_.add_subcommand("man", "Print a man page: tripled(1), or tripled.yaml(5) from its schema");
    man->group("");  // for packaging
    man->add_option("--date", man_.date, "YYYY-MM-DD")->required();
    man->add_option("--settings", man_.schema, "schema/json/service.schema.json");
    man->callback([this] { status_ = run_man(man_, program::read_command(app_, "tripled")); });
  }

  void define_projects() {
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

  void refuse(const Error& error) { status_ = report_error(error, common_.colour); }

  CLI::App app_{"tripled: on which triples does it compile, and on which was it run?"};
  Common common_;
  NarrowingWords words_;
  SweepArgs sweep_;
  PlanCommand plan_;
  ReportCommand report_;
  LogsCommand logs_;
  ReproCommand repro_;
  DoctorCommand doctor_;
  TargetsCommand targets_;
  InitCommand init_;
  ServeArgs serve_;
  ExplainCommands explain_;
  StorageCommands storage_;
  RemoteCommand remote_;
  RemoteSweepCommand remote_sweep_;
  CancelCommand cancel_;
  WorkerCommand worker_;
  TokenCommand token_;
  std::string resume_, shell_;
  ManCommand man_;
  RerunCommand rerun_;
  bool follow_ = false;
  ProjectCommand project_;
  ScheduleCommand schedule_;
  std::vector<std::string> reports_;
  int status_ = 0;
};

}  // namespace

int run(int argc, char** argv) {
  program::log_to_stderr("tripled");
  return CommandLine().run(argc, argv);
}

}  // namespace tripled::cli
