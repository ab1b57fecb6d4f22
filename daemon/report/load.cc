#include "daemon/report/load.h"

#include <set>

namespace tripled::report {

// Units with tests that compiled in no cell of this sweep may have been listed by an earlier one.
static Result<std::vector<store::TestList>> earlier_lists(store::Reader& reader,
                                                          const store::SweepRecord& record) {
  store::TestListQuery query;
  query.project = record.row.project;
  query.before = record.row.id;
  if (!record.prepare) return std::vector<store::TestList>();
  std::set<store::UnitName> units;
  for (const auto& planned : record.prepare->planned)
    for (const auto& unit : planned.test)
      if (unit.member && (unit.harness || unit.kind == "doctest"))
        units.insert({unit.package, unit.target, unit.kind == "proc-macro" ? "lib" : unit.kind});
  query.units.assign(units.begin(), units.end());
  return reader.test_lists(query);
}

Result<Report> load(store::Reader& reader, store::SweepId sweep) {
  TRIPLED_ASSIGN(store::SweepRecord record, reader.load_sweep(sweep));
  TRIPLED_ASSIGN(std::vector<store::TestList> earlier, earlier_lists(reader, record));
  return build(record, earlier);
}

Result<Report> load(const std::filesystem::path& database, store::SweepId sweep) {
  TRIPLED_ASSIGN(store::Reader reader, store::Reader::open(database));
  return load(reader, sweep);
}

}  // namespace tripled::report
