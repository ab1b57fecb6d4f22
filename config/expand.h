// Matrix + toolchain facts -> Plan: the product of the axes in file order, then `exclude`, then `include`,
// then settings (defaults < group < axis value < rule < include row). A pure function: the same input gives
// the same cells in the same order. Any thread.
//
// A cell's id is its coordinates as written, joined by "/" in the order of the file, with "GROUP:" before
// them when the file has groups: `s390x-unknown-linux-gnu/bare`, `platform:x86_64-unknown-none`. Left out are
// axes of which the file writes exactly one value (never `triple`, never an `each`); an include row shows
// every axis that it writes, unless it is the one value of an axis that is left out. This depends on the text
// of the matrix alone, never on facts, so ids stay the same from night to night.
#pragma once
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/matrix.h"
#include "schema/model/cell.h"
#include "schema/model/toolchain.h"

namespace tripled::config {

// What has to be asked of a worker first. `cfg_triples` is {"*"} where an `expr` of the triple axis uses cfg.
FactsRequest facts_needed(const Matrix& matrix);
// The same with what the command line's `--only` needs.
Result<FactsRequest> facts_needed(const Matrix& matrix, const std::string& only);

// The command line's choice, applied to the finished plan, so that ids are those of the whole matrix.
struct Narrowing {
  std::vector<std::string> triples;            // globs
  std::vector<Stage> stages;                   // `execute` keeps `test-no-run`, which builds what it runs
  std::vector<std::string> packages;           // names or globs
  std::vector<std::string> tests;              // beside `tests.filter`: both must match
  std::string only;                            // EXPR
  std::optional<std::set<std::string>> cells;  // ids (`--failed`)
  std::vector<std::string> added = {};  // triples that the matrix lacks; add_triples() put them into it
  bool empty() const {
    return added.empty() && triples.empty() && stages.empty() && packages.empty() && tests.empty() &&
           only.empty() && !cells;
  }
};

// Each of these triples as one more value of every group's triple axis: what decides between rivals of an
// explanation is tried beside the cells it is about. usage error: it is there already, or no group has such
// an axis. Before facts_needed().
Status add_triples(Matrix& matrix, const std::vector<std::string>& triples);

// What a triggered sweep is about: `when` of a cell is held against it.
struct Change {
  std::string event;                              // poll
  std::string message;                            // of the commit
  std::optional<std::vector<std::string>> paths;  // since the commit swept before; none: not known
};

struct ExpandOptions {
  std::size_t cell_limit = 5'000;
  Narrowing narrowing;
  // What `emulated` means: true when the triple's executables would run without an emulator. Default: below.
  std::function<bool(const ToolchainFacts&, const TripleFacts&, const CellSettings&)> runs_natively;
  std::optional<std::vector<PackageFacts>> packages;  // for `each` and `--package`; none: not known
  std::string packages_error;                         // why, where somebody tried
  std::optional<Change> change;                       // none: `when` does not count
};

// Equal arch and os as the host, or 32-bit x86 on an x86_64 of the same os; `run` and `runner` of the
// settings decide before that.
bool runs_natively_by_default(const ToolchainFacts&, const TripleFacts&, const CellSettings&);

// `facts`: one per toolchain of the matrix, by name as written (`msrv`, `stable`, …). config error with the
// place; usage error when the narrowing leaves nothing.
Result<Plan> expand(const Matrix& matrix, const std::vector<ToolchainFacts>& facts,
                    const ExpandOptions& options = {});

}  // namespace tripled::config
