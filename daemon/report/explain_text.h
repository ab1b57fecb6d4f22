// `tripled explain`: a finding, or what became of a cell, told in full. Pure.
#pragma once
#include <string>
#include <vector>

#include "daemon/report/report.h"
#include "daemon/report/text.h"
#include "schema/base/result.h"

namespace tripled::report {

// The findings that `word` names: a finding by its id or the beginning of it (4 digits or more), a cell by
// its id. None for a cell in which nothing failed. usage error: it is neither; says what comes near.
Result<std::vector<const FindingEntry*>> named_findings(const Report& report, const std::string& word);

std::string explain_text(const FindingEntry& finding, const TextOptions& options);
// The cell's stages in a line each, then its findings in full.
std::string explain_cell_text(const Report& report, const CellEntry& cell, const TextOptions& options);
// A line for each finding of the sweep.
std::string list_text(const Report& report, const TextOptions& options);

}  // namespace tripled::report
