#include <algorithm>

#include "daemon/report/report.h"

namespace tripled::report {
namespace {

struct Seen {
  bool failed = false, broken = false, flaky = false, cancelled = false;
};

bool is_failure(Verdict v) {
  return v == Verdict::fail || v == Verdict::timeout || v == Verdict::suspect || v == Verdict::broken;
}

void look(const CellEntry& cell, Seen& seen) {
  bool explained = false;  // a failure of the cell itself, expected or not, is why others are blocked
  for (const auto& job : cell.jobs) explained = explained || is_failure(job.verdict);
  for (const auto& job : cell.jobs) {
    if (job.voided) {  // whatever it was: the worker was broken
      seen.broken = true;
      continue;
    }
    if (job.expectation == Expectation::unmet) seen.failed = true;
    if (job.verdict == Verdict::cancelled) seen.cancelled = true;
    if (job.verdict == Verdict::blocked && !explained) seen.broken = true;
    for (Verdict v : job.unexpected_verdicts) {
      seen.failed = seen.failed || v == Verdict::fail || v == Verdict::timeout || v == Verdict::suspect;
      seen.broken = seen.broken || v == Verdict::broken;
      seen.flaky = seen.flaky || v == Verdict::flaky;
    }
  }
}

}  // namespace

std::size_t void_jobs(const Report& report) {
  std::size_t out = 0;
  for (const auto& cell : report.cells)
    out += static_cast<std::size_t>(
        std::count_if(cell.jobs.begin(), cell.jobs.end(), [](const JobEntry& job) { return job.voided; }));
  return out;
}

int exit_status(const Report& report, bool interrupted, bool strict) {
  if (interrupted) return 130;
  Seen seen;
  if (report.sweep.prepare_failure) seen.failed = report.sweep.prepare_failure->verdict == Verdict::fail;
  for (const auto& cell : report.cells) look(cell, seen);
  if (seen.failed || (strict && seen.flaky)) return 1;
  if (seen.cancelled) return 130;
  return seen.broken ? 3 : 0;
}

}  // namespace tripled::report
