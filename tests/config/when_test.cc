// `when` narrows triggered sweeps, and no others.
#include "config/when.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/support.h"

namespace tripled::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kMatrix = R"(tripled: 1
axes: {triple: [x86_64-unknown-linux-gnu, s390x-unknown-linux-gnu, x86_64-unknown-freebsd]}
rules:
  - {match: triple = s390x-*, when: {paths: [src/endian/*, Cargo.*]}}
  - {match: triple = *-freebsd, when: full}
exclude: [{when: triple = none, reason: never, optional: true}]
)";

std::vector<std::string> run(const Result<Plan>& plan) {
  std::vector<std::string> out;
  if (!plan) return {testing::error_of(plan)};
  for (const auto& cell : plan->cells)
    if (cell.excluded_reason.empty()) out.push_back(cell.id);
  return out;
}

Result<Plan> changed(std::optional<std::vector<std::string>> paths, const std::string& yaml = kMatrix,
                     const std::string& message = "fix") {
  ExpandOptions options;
  options.change = Change{"poll", message, std::move(paths)};
  return testing::plan(yaml, options);
}

TEST(When, CountsForTriggeredSweepsOnly) { EXPECT_EQ(run(testing::plan(kMatrix)).size(), 3u); }

TEST(When, PathsChooseCells) {
  auto other = changed({{"README.md"}});
  EXPECT_THAT(run(other), ElementsAre("x86_64-unknown-linux-gnu"));
  auto left_out = testing::cell(other, "s390x-unknown-linux-gnu");
  EXPECT_EQ(left_out.excluded_reason, "no changed path matches `when: paths` (src/endian/*, Cargo.*)");
  EXPECT_EQ(left_out.provenance.at("when"), "m.yaml:4:37");
  EXPECT_THAT(testing::cell(other, "x86_64-unknown-freebsd").excluded_reason, HasSubstr("`when: full`"));
  for (const char* path : {"src/endian/a/b.rs", "Cargo.lock"})
    EXPECT_THAT(run(changed({{"README.md", path}})),
                ElementsAre("x86_64-unknown-linux-gnu", "s390x-unknown-linux-gnu"))
        << path;
  EXPECT_FALSE(other->partial) << "left out as the matrix says, not by a person";
}

TEST(When, UnknownBaseIsEveryCell) {
  EXPECT_THAT(run(changed(std::nullopt)), ElementsAre("x86_64-unknown-linux-gnu", "s390x-unknown-linux-gnu"));
}

TEST(When, EventAndMessage) {
  const std::string head = "tripled: 1\naxes: {triple: [x86_64-unknown-linux-gnu]}\n";
  EXPECT_THAT(run(changed({{}}, head + "when: {event: push}\n")), IsEmpty());
  EXPECT_EQ(run(changed({{}}, head + "when: {event: [push, poll]}\n")).size(), 1u);
  EXPECT_THAT(run(changed({{}}, head + "when: {message: '*[[]full]*'}\n")), IsEmpty());
  EXPECT_EQ(run(changed({{}}, head + "when: {message: '*[[]full]*'}\n", "fix [full] x")).size(), 1u);
}

TEST(When, TheLastLevelCounts) {
  auto plan = changed({{"a"}}, R"(tripled: 1
defaults: {when: {paths: b}}
axes: {triple: {x86_64-unknown-linux-gnu: {}, s390x-unknown-linux-gnu: {when: {paths: a}}}}
include: [{triple: x86_64-unknown-freebsd, when: {paths: a}}]
)");
  EXPECT_THAT(run(plan), ElementsAre("s390x-unknown-linux-gnu", "x86_64-unknown-freebsd"));
}

}  // namespace
}  // namespace tripled::config
