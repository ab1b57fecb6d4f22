// Matrices from a few lines of text and toolchain facts from a few triples, for the tests of config/.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/expand.h"
#include "config/explain.h"

namespace tripled::config::testing {

TripleFacts triple(const std::string& name, const std::string& arch, const std::string& os, int tier = 2,
                   const std::string& endian = "little", int width = 64);
// Eight triples as a rustc 1.96.0 on x86_64 Linux might tell them.
ToolchainFacts facts(const std::string& name = "stable");
// Every triple of rustc 1.96, under another name where a matrix asks for one.
ToolchainFacts rustc_1_96(const std::string& name = "stable");

// Facts of every toolchain that the matrix asks for, all alike.
std::vector<ToolchainFacts> facts_for(const Matrix& matrix);
Result<Plan> plan(const std::string& yaml, const ExpandOptions& options = {});

template <class T>
std::string error_of(const Result<T>& result) {
  return result ? "(no error)" : result.error().message();
}

std::vector<std::string> ids(const Result<Plan>& plan);
// The cell of that id; a failure and an empty cell when there is none.
Cell cell(const Result<Plan>& plan, const std::string& id);

std::string source_file(const std::string& path);
// The whole file below the source directory; a failure when it cannot be read.
std::string source_text(const std::string& path);
// A plan as one line of JSON, to compare.
std::string json_of(const Plan& plan);
std::string json_of(const Cell& cell);

}  // namespace tripled::config::testing
