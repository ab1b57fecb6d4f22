// The command line: what this machine can do, a matrix to begin with, and the daemon.
#include "daemon/cli/command_line.h"

namespace tripled::cli {

void CommandLine::define_doctor() {
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

void CommandLine::define_targets() {
  auto* sub =
      app_.add_subcommand("targets", "List the triples the toolchain knows with what is found here for them");
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

void CommandLine::define_init() {
  auto* sub = app_.add_subcommand("init", "Write a commented matrix from the project's own manifests");
  sub->footer("\nExamples:\n  tripled init\n  tripled init path/to/project --file sweep.yaml");
  sub->add_option("directory", init_.directory, "the project")->capture_default_str();
  sub->add_option("--file", init_.file, "what to write; `-`: standard output")->capture_default_str();
  sub->add_flag("--force", init_.force, "replace a file that is there");
  sub->callback([this] { status_ = run_init(init_); });
}

void CommandLine::define_serve() {
  auto* sub =
      app_.add_subcommand("serve", "Run the daemon: API, stored sweeps and workers, until it is told to end");
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

}  // namespace tripled::cli
