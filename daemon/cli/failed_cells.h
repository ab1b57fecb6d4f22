// `sweep --failed`: the cells that the newest sweep of the same matrix and project leaves to be repeated.
#pragma once
#include <filesystem>
#include <set>
#include <string>

#include "daemon/store/rows.h"
#include "schema/base/result.h"

namespace tripled::cli {

// Whether the cell ended otherwise than the matrix says. What was expected or allowed to fail, and did, is no
// reason, nor is what was blocked by that.
bool needs_repeating(const store::CellRow& cell, const std::vector<store::JobRow>& jobs);

// `matrix_file`: absolute; empty: the sweep had none. usage error when there is no such sweep, or nothing in
// it to repeat.
Result<std::set<std::string>> failed_cells(const std::filesystem::path& database,
                                           const std::string& matrix_file, const Project& project);

}  // namespace tripled::cli
