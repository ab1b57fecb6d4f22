#include "daemon/cli/explain_commands.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "daemon/cli/commands.h"
#include "daemon/cli/remote_answer.h"
#include "daemon/report/changes_text.h"
#include "daemon/report/explain_text.h"
#include "daemon/report/load.h"

namespace tripled::cli {
namespace {

bool is_remote(const SweepsOf& where) { return !where.remote.server.empty(); }

Result<report::Report> read_report(const SweepsOf& where, const std::string& sweep) {
  if (!is_remote(where)) {
    TRIPLED_ASSIGN(auto reader, store::Reader::open(where.paths.state / "tripled.db"));
    TRIPLED_ASSIGN(auto id, find_sweep(reader, sweep));
    TRIPLED_ASSIGN(auto loaded, report::load_with_changes(reader, id, where.paths.state / "blobs"));
    return std::move(loaded.report);
  }
  TRIPLED_ASSIGN(auto remote, Remote::open(where.remote));
  auto id = sweep;
  if (id.empty()) {
    TRIPLED_ASSIGN(id, newest_sweep(remote));
  }
  TRIPLED_ASSIGN(auto answer, remote.json("GET", "/api/v1/sweeps/" + percent_encoded(id)));
  report::Report out;
  TRIPLED_TRY(wire::from_json(answer, out));
  return out;
}

report::TextOptions text_options(ColourChoice colour, bool verbose) {
  auto terminal = describe_terminal(STDOUT_FILENO, colour);
  report::TextOptions out;
  out.colour = terminal.colour;
  out.width = terminal.width;
  out.ascii = !terminal.unicode;
  out.verbose = verbose;
  return out;
}

// All patches of its ways out that change files: the best one alone, as others are instead of it.
Result<std::string> patch_of(const std::vector<const report::FindingEntry*>& findings) {
  for (const auto* finding : findings)
    for (const auto& mend : finding->mends)
      if (!mend.patch.empty()) return mend.patch;
  return usage_error("no way out of it is a patch: `tripled explain` without --patch tells what is known");
}

wire::json::value json_of(const std::vector<const report::FindingEntry*>& findings) {
  wire::json::array out;
  for (const auto* finding : findings) out.push_back(wire::to_json(*finding));
  return wire::json::object{{"findings", std::move(out)}};
}

Result<std::string> explained(const ExplainCommand& command) {
  TRIPLED_ASSIGN(auto report, read_report(command.where, command.sweep));
  auto options = text_options(command.where.colour, command.verbose);
  std::vector<const report::FindingEntry*> wanted;
  if (command.what.empty()) {
    if (report.findings)
      for (const auto& finding : *report.findings) wanted.push_back(&finding);
  } else {
    TRIPLED_ASSIGN(wanted, report::named_findings(report, command.what));
  }
  if (command.patch) return patch_of(wanted);
  if (command.json) return wire::pretty(json_of(wanted));
  if (command.what.empty()) return report::list_text(report, options);
  for (const auto& cell : report.cells)
    if (cell.id == command.what) return report::explain_cell_text(report, cell, options);
  return report::explain_text(*wanted.front(), options);
}

Result<report::ComparedSweeps> compared(const DiffCommand& command) {
  const auto& where = command.where;
  if (!is_remote(where)) {
    TRIPLED_ASSIGN(auto reader, store::Reader::open(where.paths.state / "tripled.db"));
    TRIPLED_ASSIGN(auto after, find_sweep(reader, command.after));
    store::SweepId before = 0;
    if (command.before.empty()) {
      TRIPLED_ASSIGN(before, report::sweep_before(reader, after));
    } else {
      TRIPLED_ASSIGN(before, find_sweep(reader, command.before));
    }
    if (before == 0)
      return usage_error("there is no sweep before " + std::to_string(after) +
                         " to compare it with: name two");
    return report::compare_sweeps(reader, before, after, where.paths.state / "blobs");
  }
  TRIPLED_ASSIGN(auto remote, Remote::open(where.remote));
  auto after = command.after;
  if (after.empty()) {
    TRIPLED_ASSIGN(after, newest_sweep(remote));
  }
  auto target = "/api/v1/sweeps/" + percent_encoded(after) + "/changes";
  if (!command.before.empty()) target += "?since=" + percent_encoded(command.before);
  TRIPLED_ASSIGN(auto answer, remote.json("GET", target));
  report::ComparedSweeps out;
  TRIPLED_TRY(wire::from_json(answer, out));
  return out;
}

void add_where(CLI::App& app, SweepsOf& where) {
  app.add_option("--state", where.paths.state, "database and logs")->capture_default_str();
  app.add_option("--color", where.colour, "auto, always or never")
      ->transform(
          CLI::CheckedTransformer(std::map<std::string, ColourChoice>{{"auto", ColourChoice::automatic},
                                                                      {"always", ColourChoice::always},
                                                                      {"never", ColourChoice::never}}));
  app.add_option("--server", where.remote.server,
                 "https:// or http://HOST:PORT of a daemon (`tripled serve`)");
  app.add_option("--ca", where.remote.ca,
                 "the certificates that may vouch for it (PEM); default: TRIPLED_CA, else the system's");
  app.add_option("--token-file", where.remote.token_file, "its token; default: the variable TRIPLED_TOKEN");
}

}  // namespace

int run_explain(const ExplainCommand& command) {
  auto text = explained(command);
  if (!text) return report_error(text.error(), command.where.colour);
  std::fputs(text->c_str(), stdout);
  return 0;
}

int run_diff(const DiffCommand& command) {
  auto sweeps = compared(command);
  if (!sweeps) return report_error(sweeps.error(), command.where.colour);
  if (command.json)
    std::fputs(wire::pretty(wire::to_json(*sweeps)).c_str(), stdout);
  else
    std::fputs(
        report::changes_text(sweeps->changes, sweeps->findings, text_options(command.where.colour, true),
                             sweeps->changes.transitions.size())
            .c_str(),
        stdout);
  return history::is_worse(sweeps->changes) ? 1 : 0;
}

void ExplainCommands::define(CLI::App& app, const Paths& defaults, int& status) {
  explain_.where.paths = diff_.where.paths = defaults;
  define_explain(app, status);
  define_diff(app, status);
}

void ExplainCommands::define_explain(CLI::App& app, int& status) {
  auto* sub = app.add_subcommand("explain", "Tell a finding, or what became of a cell, in full");
  sub->footer(
      "\nExamples:\n  tripled explain                            (the findings of the newest sweep)\n"
      "  tripled explain 3f2a91c0\n  tripled explain s390x-unknown-linux-gnu --sweep 7\n"
      "  tripled explain 3f2a91c0 --patch | patch -p1");
  sub->add_option("what", explain_.what, "a finding (the beginning of its name will do) or a cell's id");
  sub->add_option("--sweep", explain_.sweep, "number of the sweep; default: the newest");
  sub->add_flag("--patch", explain_.patch,
                "its best way out that changes files, for `patch -p1`, and nothing else");
  sub->add_flag("--json", explain_.json, "as `findings` of schema/json/report.schema.json");
  sub->add_flag("-v,--verbose", explain_.verbose, "all of the evidence's words");
  add_where(*sub, explain_.where);
  sub->callback([this, &status] { status = run_explain(explain_); });
}

void ExplainCommands::define_diff(CLI::App& app, int& status) {
  auto* sub = app.add_subcommand("diff", "Say what changed between two sweeps");
  sub->footer(
      "\nExamples:\n  tripled diff              (the newest against the one before it of the same matrix)\n"
      "  tripled diff 41 42\n\nExit status: 0 nothing got worse; 1 a regression, a new failure, or an "
      "expectation that no longer holds;\n2, 3 it could not be told.");
  sub->add_option("before", diff_.before,
                  "number of a sweep; default: the one before of the same matrix and ref");
  sub->add_option("after", diff_.after, "number of a sweep; default: the newest");
  sub->add_flag("--json", diff_.json, "as the daemon's API answers");
  add_where(*sub, diff_.where);
  sub->callback([this, &status] { status = run_diff(diff_); });
}

}  // namespace tripled::cli
