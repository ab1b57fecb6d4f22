// A matrix from a repository keeps within what the project lets it choose, wherever it says so.
#include "config/repository_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/support.h"

namespace tripled::config {
namespace {

using ::testing::HasSubstr;

std::string refusal(const std::string& yaml, const RepositoryLimits& limits,
                    const std::string& file = "matrix.yaml") {
  auto matrix = parse_matrix(yaml, file);
  if (!matrix) return "not read: " + testing::error_of(matrix);
  auto checked = check_limits(*matrix, limits);
  return checked ? "" : checked.error().message();
}

const std::string axes = "tripled: 1\naxes: {triple: [x86_64-unknown-linux-gnu]}\n";

TEST(RepositoryLimits, AnOrdinaryMatrixIsWithinThem) {
  EXPECT_EQ(refusal(axes + "stages: [check]\nrustflags: -g\n", {}), "");
  EXPECT_EQ(refusal(axes + "env: {QUICK: 1, CI_STEP: a}\nworker: big\n", {{"QUICK", "CI_*"}, {"big"}}), "");
}

TEST(RepositoryLimits, EveryLevelIsLookedAt) {
  for (const auto& [yaml, place] : std::vector<std::pair<std::string, std::string>>{
           {axes + "env: {LD_PRELOAD: x}\n", "matrix.yaml:3:19: "},
           {axes + "defaults: {env: {LD_PRELOAD: x}}\n", "matrix.yaml:3:30: "},
           {axes + "rules:\n  - {match: tier <= 3, env: {LD_PRELOAD: x}}\n", "matrix.yaml:4:42: "},
           {axes + "include:\n  - {triple: i686-unknown-linux-gnu, env: {LD_PRELOAD: x}}\n",
            "matrix.yaml:4:56: "},
           {"tripled: 1\naxes:\n  triple:\n    x86_64-unknown-linux-gnu: {env: {LD_PRELOAD: x}}\n",
            "matrix.yaml:4:50: "},
           {"tripled: 1\ngroups: {a: {env: {LD_PRELOAD: null}, axes: {triple: "
            "[x86_64-unknown-linux-gnu]}}}\n",
            "matrix.yaml:2:20: "}}) {
    EXPECT_THAT(
        refusal(yaml, {{"QUICK"}, {}}),
        HasSubstr(place + "`env: LD_PRELOAD` is not among the variables that the project lets the matrix "
                          "in its repository set: QUICK"))
        << yaml;
  }
}

TEST(RepositoryLimits, PoolsAreThoseOfTheProject) {
  EXPECT_THAT(refusal(axes + "worker: [big, secret]\n", {{}, {"big"}}),
              HasSubstr("matrix.yaml:3:9: `worker: secret` is not among the pools"));
  EXPECT_THAT(refusal(axes + "worker: big\n", {}), HasSubstr("ask for: none"));
}

TEST(RepositoryLimits, SourcesAreTheRepositorysOwn) {
  auto project = [](const std::string& source) { return axes + "project: {source: {" + source + "}}\n"; };
  EXPECT_EQ(refusal(project("path: ."), {}), "");
  EXPECT_EQ(refusal(project("path: .."), {}, "ci/matrix.yaml"), "");
  for (const char* other :
       {"path: /etc", "path: ..", "path: sub", "git: 'https://x.example/y'", "crate: libc, version: 0.2.1"})
    EXPECT_THAT(refusal(project(other), {}), HasSubstr("other sources than the repository")) << other;
}

}  // namespace
}  // namespace tripled::config
