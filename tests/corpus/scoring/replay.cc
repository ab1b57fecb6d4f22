#include "tests/corpus/scoring/replay.h"

#include <algorithm>
#include <map>
#include <set>

#include "daemon/diagnosis/causes/causes.h"
#include "daemon/diagnosis/causes/refine.h"
#include "daemon/diagnosis/judge.h"
#include "schema/base/text.h"
#include "schema/wire/json.h"

namespace tripled::corpus {
namespace {

using diagnosis::DiagnosedJob;
using diagnosis::Evidence;

struct CellRow {
  std::string id, triple, toolchain, verdict;
  CellSettings settings;
};
BOOST_DESCRIBE_STRUCT(CellRow, (), (id, triple, toolchain, verdict, settings))

struct ToolchainRow {
  std::string version;
  std::map<std::string, std::vector<std::string>> cfg;  // by triple
};
BOOST_DESCRIBE_STRUCT(ToolchainRow, (), (version, cfg))

struct AttemptRow {
  std::string runner;
  json::value result, evidence;
  std::vector<UnitResult> units;  // where the attempt is not whole
  std::vector<TestResult> tests;  // the same
  std::vector<std::vector<std::string>> passed;
};
BOOST_DESCRIBE_STRUCT(AttemptRow, (), (runner, result, evidence, units, tests, passed))

struct JobRow {
  std::string kind, cell, triple, stage, verdict, reason;
  std::vector<AttemptRow> attempts;
};
BOOST_DESCRIBE_STRUCT(JobRow, (), (kind, cell, triple, stage, verdict, reason, attempts))

struct Recording {
  std::vector<CellRow> cells;
  std::map<std::string, ToolchainRow> toolchains;
  std::vector<JobRow> jobs;
  json::value prepare;  // PrepareResult of a sweep that could not be prepared
};
BOOST_DESCRIBE_STRUCT(Recording, (), (cells, toolchains, jobs, prepare))

template <class T>
bool has(const std::vector<T>& list, const T& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// rustc 1.96.0 (ac68faa20 2026-05-25) -> 1.96.0
std::string rustc_version(const std::map<std::string, std::string>& versions) {
  auto said = versions.find("rustc");
  if (said == versions.end()) return {};
  auto words = split_words(said->second);
  return words.size() > 1 ? words[1] : std::string();
}

// The attempt whose evidence counts: the first of a test run (later ones repeat what failed), else the last.
const AttemptRow* decisive(const JobRow& job) {
  const AttemptRow* out = nullptr;
  for (const auto& attempt : job.attempts)
    if (attempt.result.is_object() && (!out || job.stage != "execute")) out = &attempt;
  return out;
}

// One job of the recording on its way through diagnosis.
struct Worked {
  const JobRow* row = nullptr;
  DiagnosedJob job;
  std::string code;
  bool whole = false;
};

void add_passed(const AttemptRow& attempt, std::vector<diagnosis::KnownItem>& known) {
  for (const auto& test : attempt.passed)
    if (test.size() == 3) known.push_back({test[0], test[1], test[2], Verdict::pass});
}

Status look_at_whole(const Recording& recording, const AttemptRow& attempt, Worked& out) {
  AttemptResult result;
  TRIPLED_TRY(wire::from_json(attempt.result, result, "result"));
  Evidence evidence;
  if (attempt.evidence.is_object()) {
    TRIPLED_ASSIGN(evidence, diagnosis::parse_evidence(json::serialize(attempt.evidence)));
  } else if (out.row->kind == "prepare" && recording.prepare.is_object()) {
    PrepareResult prepare;
    TRIPLED_TRY(wire::from_json(recording.prepare, prepare, "prepare"));
    evidence = diagnosis::evidence_of(prepare);
  } else {
    evidence = diagnosis::evidence_of(out.job.cell, out.job.stage, result);
  }
  out.whole = true;
  out.job.runner = result.runner.kind;
  out.job.lock = evidence.lock;
  if (!evidence.cfg.empty()) out.job.cfg = evidence.cfg;
  if (auto version = rustc_version(evidence.versions); !version.empty()) out.job.rustc = version;
  bool execute = out.job.stage == Stage::execute;
  auto verdict = execute ? diagnosis::judge_execute({result}) : diagnosis::judge_compile(result);
  out.job.known = diagnosis::judged_job(out.job.stage, std::move(verdict), {result}).known;
  add_passed(attempt, out.job.known);
  out.job.diagnoses = diagnosis::diagnose(evidence);
  if (!evidence.diagnostics.empty()) out.code = evidence.diagnostics.front().code;
  return {};
}

void look_at_rest(const AttemptRow& attempt, DiagnosedJob& job) {
  job.runner = from_text<RunnerKind>(attempt.runner).value_or(RunnerKind::none);
  for (const auto& unit : attempt.units) job.known.push_back({unit.package, unit.target, "", unit.verdict});
  for (const auto& test : attempt.tests) {
    bool failed = test.state == TestState::failed || test.state == TestState::crashed ||
                  test.state == TestState::timed_out;
    job.known.push_back({test.package, test.target, test.test,
                         failed                            ? Verdict::fail
                         : test.state == TestState::passed ? Verdict::pass
                                                           : Verdict::blocked});
  }
  add_passed(attempt, job.known);
}

Result<Worked> look_at(const Recording& recording, const JobRow& row) {
  Worked out;
  out.row = &row;
  out.job.stage = from_text<Stage>(row.stage).value_or(Stage::check);
  out.job.cell.id = row.cell;
  out.job.cell.triple = row.triple;
  for (const auto& cell : recording.cells) {
    if (cell.id != row.cell) continue;
    out.job.cell.settings = cell.settings;
    auto toolchain = recording.toolchains.find(cell.toolchain);
    if (toolchain == recording.toolchains.end()) continue;
    out.job.rustc = toolchain->second.version;
    if (auto cfg = toolchain->second.cfg.find(cell.triple); cfg != toolchain->second.cfg.end())
      out.job.cfg = cfg->second;
  }
  if (const auto* attempt = decisive(row)) {
    TRIPLED_TRY(look_at_whole(recording, *attempt, out));
  } else if (!row.attempts.empty()) {
    look_at_rest(row.attempts.back(), out.job);
  }
  return out;
}

// Is it this job that the truth is about? A preparation or a setup that failed is a job of its own; where the
// setup was not asked first, the compile job that met its fault.
bool is_asked(const Truth& truth, const Worked& worked, bool own_job) {
  const auto& row = *worked.row;
  if (!worked.whole || !has(truth.verdicts, row.verdict)) return false;
  if (own_job) return row.kind == truth.stage;
  if (!has(truth.failing, row.cell) && !has(truth.failing, row.triple)) return false;
  return truth.stage == "setup" || truth.stage == "prepare" || row.stage == truth.stage;
}

}  // namespace

Result<std::vector<ReplayedJob>> replay(const Variant& variant) {
  Recording recording;
  TRIPLED_TRY(wire::from_json(variant.document, recording, variant.full_name()));
  std::vector<Worked> worked;
  for (const auto& row : recording.jobs) {
    TRIPLED_ASSIGN(Worked job, look_at(recording, row));
    worked.push_back(std::move(job));
  }
  bool own_job = std::any_of(worked.begin(), worked.end(), [&](const Worked& w) {
    return w.whole && w.row->kind == variant.truth.stage && has(variant.truth.verdicts, w.row->verdict);
  });
  // Jobs of cells alone take part in the second look.
  std::vector<DiagnosedJob> company;
  for (const auto& w : worked)
    if (!w.row->cell.empty()) company.push_back(w.job);
  company = diagnosis::refine(std::move(company));
  std::vector<ReplayedJob> out;
  std::size_t next = 0;
  for (auto& w : worked) {
    if (!w.row->cell.empty()) w.job.diagnoses = std::move(company[next++].diagnoses);
    if (!w.whole) continue;
    out.push_back({w.row->cell, w.row->kind, w.code, w.row->stage, is_asked(variant.truth, w, own_job),
                   std::move(w.job.diagnoses)});
  }
  return out;
}

}  // namespace tripled::corpus
