// `tripled sweep`: one pass over a matrix with an embedded daemon core and a local worker, live progress, a
// report and an exit status.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "daemon/cli/live.h"
#include "daemon/cli/paths.h"
#include "daemon/cli/plan_source.h"

namespace tripled::cli {

struct ReportFile {
  std::string format, file;  // text, json, junit or html
};

struct SweepArgs {
  PlanArgs plan;
  Paths paths;
  int slots = 0;  // 0: as many as cores, at least 2
  bool json = false, quiet = false, strict = false, failed = false;
  std::optional<store::SweepId> resume;  // 0: the newest unfinished one
  std::vector<ReportFile> reports;
  ColourChoice colour = ColourChoice::automatic;
};

// The process's exit status (`exit_status` in daemon/report/report.h, 2 for usage and configuration).
int run_sweep(const SweepArgs& args);

// `FORMAT=FILE`.
Result<ReportFile> parse_report_file(const std::string& text);

// The number behind `--resume`, or 0 for none. A resumed sweep has its stored matrix: naming one, or
// narrowing it, is a usage error.
Result<store::SweepId> parse_resume(const std::string& text, const PlanArgs& plan);

}  // namespace tripled::cli
