#include "daemon/report/load.h"

#include <set>

#include "daemon/diagnosis/causes/causes.h"
#include "daemon/report/past.h"
#include "daemon/store/blobs.h"
#include "daemon/store/document.h"
#include "schema/wire/json.h"

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

static ReadEvidence reader_of(const std::filesystem::path& blobs) {
  auto opened = store::BlobStore::open(blobs);
  if (!opened) return [](const std::string&) { return std::optional<std::string>(); };
  return [files = std::move(*opened)](const std::string& hash) -> std::optional<std::string> {
    auto frame = files.get(hash);
    if (!frame) return std::nullopt;
    auto document = store::decompress_document(*frame);
    if (!document) return std::nullopt;
    return std::move(*document);
  };
}

struct FoundFindings {
  diagnosis::SweepFindings findings;
  bool all_evidence = true;  // false: some was gone, what it was diagnosed as by older rules is known no more
};

static FoundFindings findings_of(const store::SweepRecord& record, const std::filesystem::path& blobs) {
  FoundFindings out;
  const bool stored_before = !record.findings_json.empty();
  if (stored_before) {
    auto stored = wire::from_text_json<diagnosis::SweepFindings>(record.findings_json);
    if (stored && stored->rules == diagnosis::rules_version) {
      out.findings = std::move(*stored);
      return out;
    }
  }
  auto read = [&, inner = reader_of(blobs)](const std::string& hash) {
    auto document = inner(hash);
    if (!document) out.all_evidence = false;
    return document;
  };
  out.findings = diagnose_sweep(record, read);
  return out;
}

Result<Diagnosed> load_diagnosed(store::Reader& reader, store::SweepId sweep,
                                 const std::filesystem::path& blobs) {
  TRIPLED_ASSIGN(store::SweepRecord record, reader.load_sweep(sweep));
  TRIPLED_ASSIGN(std::vector<store::TestList> earlier, earlier_lists(reader, record));
  auto found = findings_of(record, blobs);
  Diagnosed out{build(record, earlier), std::move(found.findings), {}};
  add_findings(out.report, out.findings);
  out.past = past_of(record, out.report, out.findings.rules);
  if (!found.all_evidence)
    for (auto& cell : out.past.cells) cell.findings.clear();
  return out;
}

Result<Diagnosed> load_diagnosed(const std::filesystem::path& database, store::SweepId sweep,
                                 const std::filesystem::path& blobs) {
  TRIPLED_ASSIGN(store::Reader reader, store::Reader::open(database));
  return load_diagnosed(reader, sweep, blobs);
}

}  // namespace tripled::report
