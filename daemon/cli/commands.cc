#include "daemon/cli/commands.h"

#include <unistd.h>

#include <cstdio>
#include <map>
#include <set>

#include "config/explain.h"
#include "daemon/cli/log_text.h"
#include "daemon/cli/report_output.h"
#include "daemon/cli/session.h"
#include "daemon/report/load.h"
#include "daemon/report/repro.h"
#include "daemon/store/blobs.h"
#include "daemon/store/reader.h"
#include "schema/base/text.h"

namespace tripled::cli {

int report_error(const Error& error, ColourChoice colour) {
  auto terminal = describe_terminal(STDERR_FILENO, colour);
  std::fprintf(stderr, "%s %s\n", styled(terminal, Style::bad, "error:").c_str(), error.message().c_str());
  return error.kind() == ErrorKind::usage || error.kind() == ErrorKind::config ? 2 : 3;
}

// --- plan
// ---------------------------------------------------------------------------------------------------------

static void print_plan(const Plan& plan) {
  std::map<std::string, int> by_stages;
  std::set<std::string> triples;
  std::size_t excluded = 0, width = 0;
  for (const auto& cell : plan.cells) width = std::max(width, cell.id.size());
  for (const auto& cell : plan.cells) {
    triples.insert(cell.triple);
    std::vector<std::string> stages;
    for (auto s : cell.settings.stages) stages.push_back(to_text(s));
    auto what = cell.excluded_reason.empty() ? join(stages, ", ") : "excluded: " + cell.excluded_reason;
    excluded += !cell.excluded_reason.empty();
    std::printf("%-*s  %s\n", static_cast<int>(width), cell.id.c_str(), what.c_str());
  }
  std::printf("\n%zu cells on %zu triples, %zu excluded%s\n", plan.cells.size(), triples.size(), excluded,
              plan.partial ? (" (partial: " + plan.narrowed_by + ")").c_str() : "");
}

static int show_plan(const PlanCommand& command, const Plan& plan) {
  for (const auto& warning : plan.warnings) std::fprintf(stderr, "warning: %s\n", warning.c_str());
  if (!command.explain.empty()) {
    auto explained = config::explain(plan, command.explain);
    if (!explained) return report_error(explained.error(), command.colour);
    if (command.json) {
      std::fputs(wire::pretty(wire::to_json(*explained)).c_str(), stdout);
      return 0;
    }
    for (const auto& e : *explained)
      std::printf("%-22s %-40s %s\n", e.key.c_str(), e.value.c_str(), e.place.c_str());
    return 0;
  }
  if (command.json)
    std::fputs(wire::pretty(wire::to_json(plan)).c_str(), stdout);
  else
    print_plan(plan);
  return 0;
}

int run_plan(const PlanCommand& command) {
  auto loaded = load(command.plan);
  if (!loaded) return report_error(loaded.error(), command.colour);
  SessionOptions options;
  options.paths = command.paths;
  options.questions_only = true;
  auto session = Session::open(options);
  if (!session) return report_error(session.error(), command.colour);
  int status = 3;
  auto ended = (*session)->run([&] {
    app::expand((*session)->core(), *loaded, [&](Result<app::Expanded> expanded) {
      status = expanded ? show_plan(command, expanded->plan) : report_error(expanded.error(), command.colour);
      (*session)->stop();
    });
  });
  return ended ? status : report_error(ended.error(), command.colour);
}

// --- report and logs
// ----------------------------------------------------------------------------------------------

Result<store::SweepId> find_sweep(store::Reader& reader, const std::string& wanted) {
  if (!wanted.empty()) {
    char* end = nullptr;
    auto id = std::strtoll(wanted.c_str(), &end, 10);
    if (*end != '\0' || id <= 0) return usage_error("`" + wanted + "` is not the number of a sweep");
    return id;
  }
  TRIPLED_ASSIGN(auto last, reader.last_sweep({}));
  if (!last) return usage_error("no sweep is stored here yet: `tripled sweep MATRIX` makes one");
  return last->id;
}

int run_report(const ReportCommand& command) {
  auto database = command.paths.state / "tripled.db";
  auto made = [&]() -> Result<std::string> {
    TRIPLED_ASSIGN(store::Reader reader, store::Reader::open(database));
    TRIPLED_ASSIGN(store::SweepId id, find_sweep(reader, command.sweep));
    TRIPLED_ASSIGN(auto diagnosed, report::load_with_changes(reader, id, command.paths.state / "blobs"));
    return render(diagnosed.report, command.format, describe_terminal(STDOUT_FILENO, command.colour));
  }();
  if (!made) return report_error(made.error(), command.colour);
  std::fputs(made->c_str(), stdout);
  return 0;
}

int run_logs(const LogsCommand& command) {
  auto printed = [&]() -> Status {
    TRIPLED_ASSIGN(store::Reader reader, store::Reader::open(command.paths.state / "tripled.db"));
    TRIPLED_ASSIGN(store::SweepId id, find_sweep(reader, command.sweep));
    std::optional<Stage> stage;
    if (!command.stage.empty() && !(stage = from_text<Stage>(command.stage)))
      return usage_error("`" + command.stage + "` is no stage: one of " + join(all_texts<Stage>(), ", "));
    TRIPLED_ASSIGN(auto cells, reader.cells(id));
    std::vector<std::string> ids;
    for (const auto& row : cells) ids.push_back(row.cell.id);
    if (!command.cell.empty() && std::find(ids.begin(), ids.end(), command.cell) == ids.end()) {
      auto near = nearest(command.cell, ids);
      return usage_error("sweep " + std::to_string(id) + " has no cell `" + command.cell + "`" +
                         (near ? "; did you mean `" + *near + "`?" : ""));
    }
    TRIPLED_ASSIGN(auto logs, reader.logs(id, command.cell, stage));
    if (logs.empty()) return usage_error("no log is stored for that");
    TRIPLED_ASSIGN(store::BlobStore blobs, store::BlobStore::open(command.paths.state / "blobs"));
    for (const auto& log : logs) {
      auto heading = log_heading(log.cell.empty() ? to_text(log.kind) : log.cell,
                                 log.stage ? to_text(*log.stage) : log.setup_key, log.attempt.shard,
                                 log.attempt.n, to_text(log.attempt.reason));
      std::fputs(heading.c_str(), stdout);
      TRIPLED_ASSIGN(std::string frame, blobs.get(log.attempt.log.hash));
      TRIPLED_ASSIGN(std::string text, unpack_log(frame));
      print_log(text, command.raw);
    }
    return {};
  }();
  return printed ? 0 : report_error(printed.error(), command.colour);
}

int run_repro(const ReproCommand& command) {
  auto printed = [&]() -> Status {
    report::ReproRequest request{command.cell, std::nullopt, command.test};
    if (!command.stage.empty() && !(request.stage = from_text<Stage>(command.stage)))
      return usage_error("`" + command.stage + "` is no stage: one of " + join(all_texts<Stage>(), ", "));
    if (!command.test.empty()) request.stage = Stage::execute;
    TRIPLED_ASSIGN(store::Reader reader, store::Reader::open(command.paths.state / "tripled.db"));
    TRIPLED_ASSIGN(store::SweepId id, find_sweep(reader, command.sweep));
    TRIPLED_ASSIGN(store::SweepRecord record, reader.load_sweep(id));
    TRIPLED_ASSIGN(std::string script, report::repro_script(record, request));
    std::fputs(script.c_str(), stdout);
    return {};
  }();
  return printed ? 0 : report_error(printed.error(), command.colour);
}

}  // namespace tripled::cli
