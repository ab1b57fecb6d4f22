// Names, lists and kinds of failures of libtest, and what to run again. The stream is libtest.cc's.
#include <algorithm>
#include <array>
#include <set>

#include "schema/base/text.h"
#include "workers/cargo/libtest.h"

namespace tripled::cargo {

namespace {

constexpr std::array<std::string_view, 4> kModes{" - should panic", " - compile fail", " - compile",
                                                 " - should fail"};
constexpr std::size_t kCommandLine = 100'000;

}  // namespace

std::string listed_name(std::string_view name) {
  for (auto mode : kModes)
    if (name.ends_with(mode)) return std::string(name.substr(0, name.size() - mode.size()));
  return std::string(name);
}

std::optional<DoctestName> parse_doctest_name(std::string_view name) {
  auto plain = listed_name(name);
  DoctestName out;
  if (plain.size() < name.size()) out.mode = std::string(name.substr(plain.size() + 3));
  auto dash = plain.find(" - ");
  auto line = plain.rfind("(line ");
  if (dash == std::string::npos || line == std::string::npos || line < dash || !plain.ends_with(')'))
    return std::nullopt;
  out.file = plain.substr(0, dash);
  out.item = std::string(trim(std::string_view(plain).substr(dash + 3, line - dash - 3)));
  out.line = std::atoi(plain.c_str() + line + 6);
  if (out.line <= 0) return std::nullopt;
  return out;
}

TestList parse_test_list(std::string_view output) {
  TestList out;
  bool other = false;
  for (const auto& raw : split(output, '\n')) {
    auto line = trim(raw);
    if (line.ends_with(": test")) {
      out.tests.emplace_back(line.substr(0, line.size() - 6));
    } else if (line.ends_with(": benchmark")) {
      out.benches.emplace_back(line.substr(0, line.size() - 11));
    } else if (!line.empty()) {
      other = true;
    }
  }
  out.understood = !other || !out.tests.empty() || !out.benches.empty();
  return out;
}

TestFailureKind failure_kind(std::string_view message) {
  for (std::string_view mark : {"assertion failed", "assertion `", "assertion left"})
    if (contains(message, mark)) return TestFailureKind::assert_;
  return TestFailureKind::panic;
}

RerunPlan plan_rerun(const std::vector<std::string>& listed, const std::vector<std::string>& done,
                     const std::vector<std::string>& guilty, bool single, std::size_t max_guilty) {
  RerunPlan plan;
  if (guilty.size() >= max_guilty) {
    plan.given_up = true;
    return plan;
  }
  std::set<std::string_view> out(done.begin(), done.end());
  out.insert(guilty.begin(), guilty.end());
  std::size_t size = 0;
  for (const auto& test : listed) {
    if (!out.insert(test).second) continue;  // also: the same name twice is run once
    if (plan.runs.empty() || size + test.size() + 1 > kCommandLine) {
      plan.runs.emplace_back();
      plan.runs.back().args = {"--exact"};
      if (single) plan.runs.back().args.emplace_back("--test-threads=1");
      size = 0;
    }
    plan.runs.back().args.push_back(test);
    plan.runs.back().tests.push_back(test);
    size += test.size() + 1;
  }
  return plan;
}

}  // namespace tripled::cargo
