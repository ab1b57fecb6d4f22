// Sweeps as the store would hold them, made in code: cells with planned units, compile results and executed
// tests. The verdicts and expectations come from daemon/diagnosis, as in the daemon.
#pragma once
#include <deque>
#include <string>
#include <vector>

#include "daemon/report/report.h"

namespace tripled::report::fixture {

inline const std::string host = "x86_64-unknown-linux-gnu";
inline const std::string s390x = "s390x-unknown-linux-gnu";
inline const std::string i686 = "i686-unknown-linux-gnu";
inline const std::string freebsd = "x86_64-unknown-freebsd";

// Of a unit graph; `harness` makes it a test harness.
Unit unit(const std::string& package, const std::string& target, const std::string& kind,
          bool harness = false, bool of_host = false);
UnitResult unit_result(const Unit& unit, Verdict verdict = Verdict::pass);
UnitResult failed(const Unit& unit, const std::string& code, const std::string& message,
                  const std::string& file, int line);
TestResult test(const std::string& package, const std::string& target, const std::string& kind,
                const std::string& name, TestState state = TestState::passed,
                const std::string& message = "");
Executable executable(const Unit& unit);

class CellMaker {
 public:
  CellMaker(store::SweepRecord& record, std::string id, std::string triple);

  CellMaker& scope(std::vector<std::string> words);
  CellMaker& expect(ExpectedFailure expected);
  CellMaker& excluded(const std::string& why);
  CellMaker& plan(std::vector<Unit> build, std::vector<Unit> test);
  CellMaker& cannot_plan(const std::string& error);
  // A compile job that was tried; executables of the harnesses that passed go with test-no-run.
  CellMaker& compiled(Stage stage, std::vector<UnitResult> units);
  CellMaker& broken(Stage stage, const std::string& reason, const std::string& fix);
  CellMaker& blocked(Stage stage, const std::string& why);
  CellMaker& executed(RunnerKind kind, std::vector<TestResult> tests);
  CellMaker& verified(std::vector<TestResult> tests);  // one more attempt at the tests that failed
  AttemptResult& last();                               // of the job that was added last

  void judge();  // called by SweepMaker::report()

 private:
  store::JobRecord& add_job(Stage stage, AttemptResult result);

  store::SweepRecord& record_;
  std::size_t cell_;
  std::string plan_key_;
};

class SweepMaker {
 public:
  SweepMaker();
  SweepMaker(const SweepMaker&) = delete;
  CellMaker& cell(const std::string& id, const std::string& triple);
  store::SweepRecord& record() { return record_; }
  Report report(const std::vector<store::TestList>& earlier = {});

 private:
  store::SweepRecord record_;
  std::deque<CellMaker> cells_;
};

const CellEntry& find_cell(const Report& report, const std::string& id);
const JobEntry& find_job(const CellEntry& cell, Stage stage);

// A sweep of five triples with a bit of everything, for the renderers.
void mid_size(SweepMaker& sweep);

}  // namespace tripled::report::fixture
