// Small projects written by the tests themselves, and what they look at in a report.
#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "tests/e2e/tripled_process.h"

namespace tripled::e2e {

// Writes files below `dir`, directories made.
void write_files(const std::filesystem::path& dir, const std::map<std::string, std::string>& files);

std::string text(const wire::json::value& value);  // `null` for null

const wire::json::value& cell_of(const wire::json::value& report, const std::string& id);
const wire::json::value& job_of(const wire::json::value& cell, const std::string& stage);

// sweep.notes, one a line.
std::string notes_of(const wire::json::value& report);

// Can crates be had from cargo's default registry? Otherwise the test is skipped, and says so.
bool registry_reachable();

}  // namespace tripled::e2e
