// The two coverages (DESIGN.md, "Two coverages, never merged"). Pure.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "daemon/report/record_view.h"
#include "daemon/report/report.h"

namespace tripled::report {

CompileCoverage compile_coverage(const CellView& cell, Stage stage);

// Ran to a verdict: a test that hung or took its process down did, an ignored or skipped one did not.
bool was_executed(TestState state);

// What every cell of a sweep lists, to tell what is planned where a unit did not compile or nothing is run.
class TestLists {
 public:
  TestLists(const store::SweepRecord& record, const std::vector<CellView>& cells,
            const std::vector<store::TestList>& earlier);

  // `cell`: an index into the cells given above.
  ExecutionCoverage coverage(std::size_t cell) const;

 private:
  struct Count {
    std::int64_t planned = 0, ignored = 0;  // ignored is apart from planned
  };
  using Lists = std::map<store::UnitName, Count>;

  store::UnitName key_of(const TestResult& test) const;
  Lists own_lists(const CellView& cell) const;
  void add_empty_lists(const CellView& cell, Lists& lists) const;
  bool is_reference(const CellView& reference, const CellView& of) const;
  const Count* borrowed(std::size_t cell, const store::UnitName& unit) const;

  const std::string& reference_triple_;
  const std::vector<CellView>& cells_;
  std::map<std::pair<std::string, std::string>, std::string> harness_kinds_;  // of package and target
  std::vector<Lists> own_;                                                    // by cell
  Lists earlier_;
};

}  // namespace tripled::report
