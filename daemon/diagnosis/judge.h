// From facts to verdicts: what a job and a cell are concluded to be (DESIGN.md, "Verdicts"). Pure: the
// process outcome decides first, structured compiler output second, text last. No clock, no I/O.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "schema/model/cell.h"
#include "schema/model/result.h"

namespace tripled::diagnosis {

// One thing that went wrong in a job, as expectations name it.
struct FailingItem {
  std::string package, target;  // empty: the job itself (cargo could not plan, environment)
  std::string test;             // empty: a unit
  std::string error;            // code of its first error
  Verdict verdict = Verdict::fail;
};

struct JobVerdict {
  Verdict verdict = Verdict::pass;
  std::string reason;      // one line; empty for pass
  std::string blocked_by;  // what it waited for in vain
  std::vector<FailingItem> items;
};

// A compile job has one decisive attempt; infrastructure losses before it do not count.
JobVerdict judge_compile(const AttemptResult& result);

// All attempts of an execute job that have a result, in order: the first runs everything, the later ones
// (verification) repeat failed tests. A test that failed and then passed is flaky.
JobVerdict judge_execute(const std::vector<AttemptResult>& attempts);

// The attempts of a job's shards as those of one job: first with first, second with second. A shard that did
// not run while another did is a failure of its own in it.
std::vector<AttemptResult> joined_shards(std::vector<std::vector<AttemptResult>> shards);

// The tests of an execute job after all its attempts: the last word on each, with `flaky` set.
std::vector<TestResult> merged_tests(const std::vector<AttemptResult>& attempts);

// Failed tests worth repeating (failed or crashed; a hang would cost its whole limit again); empty: nothing
// to verify. Bounded to 50: a binary in which more fail is not flaky.
std::vector<TestResult> to_verify(const AttemptResult& first);

// An emulated failure that looks like a known gap of the emulator (field.md 5); nullopt: it does not. Text
// for people.
std::optional<std::string> emulation_gap(const TestResult& test);

struct JobExpectation {
  Expectation expectation = Expectation::none;
  bool unexpected = false;           // something failed that no expectation covers
  std::vector<std::string> unmet;    // one line each, with its place in the matrix
  std::vector<std::string> reasons;  // of those that were met: "#77"
};

// What a job looked at: a planned unit, or a test of one.
struct KnownItem {
  std::string package, target, test;
  Verdict verdict = Verdict::pass;  // one that was not tried there says nothing about an expectation
};

struct JudgedJob {
  Stage stage = Stage::check;
  JobVerdict verdict;
  std::vector<KnownItem> known;  // an expectation about something that is not planned here says nothing here
};

// What a job row's detail_json holds.
struct JobDetail {
  bool unexpected = false;
  std::vector<std::string> unmet, reasons;
};
BOOST_DESCRIBE_STRUCT(JobDetail, (), (unexpected, unmet, reasons))

// The first expectation (or allowance) that covers `item` of a job of this stage; null: none does.
const ExpectedFailure* expectation_of(const std::vector<ExpectedFailure>& expected, Stage stage,
                                      const FailingItem& item);

JudgedJob judged_job(Stage stage, JobVerdict verdict, const std::vector<AttemptResult>& results);

// Expectations stand beside the verdicts and never change them. One answer per job, in the same order.
std::vector<JobExpectation> check_expectations(const std::vector<ExpectedFailure>& expected,
                                               const std::vector<JudgedJob>& jobs);

}  // namespace tripled::diagnosis
