// The command line: sweeps of this machine and what is read of them.
#include "daemon/cli/command_line.h"
#include "schema/base/text.h"

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

}  // namespace

void CommandLine::define_sweep() {
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

void CommandLine::define_plan() {
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

void CommandLine::define_report() {
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

void CommandLine::define_logs() {
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
      status_ = run_remote_logs({remote_command(), logs_.sweep, logs_.cell, logs_.stage, follow_, logs_.raw});
      return;
    }
    if (follow_ || remote_.json)
      return refuse(usage_error("-f and --json are for a daemon's sweeps: name it with --server"));
    logs_.paths = common_.paths;
    logs_.colour = common_.colour;
    status_ = run_logs(logs_);
  });
}

void CommandLine::define_repro() {
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

}  // namespace tripled::cli
