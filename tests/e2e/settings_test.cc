// Settings of a cell that decide what is compiled and run: each seen to take effect in a real sweep.
#include <gtest/gtest.h>

#include <memory>

#include "tests/e2e/project.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;
namespace json = wire::json;

class Settings : public testing::Test {
 protected:
  // One sweep for all tests of the suite.
  static void SetUpTestSuite() {
    dir_ = std::make_unique<TemporaryDirectory>();
    auto project = dir_->path() / "project";
    write_files(project,
                {{"Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
                 {"src/lib.rs", R"(/// ```
/// assert_eq!(p::one(), 1);
/// ```
pub fn one() -> u8 { 1 }
#[cfg(broken)]
pub fn two() -> u8 { "two" }
#[cfg(test)]
mod tests {
    #[test]
    fn quick() {}
    #[test]
    fn slow() {}
    #[test]
    #[ignore]
    fn rarely() {}
    #[test]
    fn ends_the_process() {
        if std::env::var_os("COMPANY").is_some() { std::process::exit(0); }
    }
}
)"},
                 {"matrix.yaml", R"(tripled: 1
project: {name: p, source: {path: .}}
defaults: {toolchain: system}
axes:
  triple: [x86_64-unknown-linux-gnu]
  variant:
    plain: {}
    skip: {tests: {skip: ['*slow']}}
    filter: {tests: {filter: [quick]}}
    ignored: {tests: {ignored: only}}
    strict: {gate: strict, rustflags: --cfg broken}
    no-run: {run: no}
    doctests: {units: [doctests]}
    lib-and-doctests: {units: [lib, doctests]}
    examples: {units: [examples]}
    exits: {env: {COMPANY: yes}}
    missing: {toolchain: /nowhere/at/all, stages: [check]}
)"}});
    auto ran =
        run_tripled(dir_->path(), in_directory(dir_->path(), {"sweep", (project / "matrix.yaml").string()}));
    EXPECT_EQ(ran.status, 1) << ran.err << ran.out;
    report_ = json_report(dir_->path());
  }
  static void TearDownTestSuite() {
    dir_.reset();
    report_ = nullptr;
  }
  static const json::value& cell(const std::string& variant) {
    return cell_of(report_, "x86_64-unknown-linux-gnu/" + variant);
  }
  // "executed/passed of planned, skipped, ignored"
  static std::string tests(const std::string& variant) {
    const auto& execution = cell(variant).at("execution_coverage");
    const auto& counts = job_of(cell(variant), "execute").at("tests");
    return text(execution.at("native").at("executed")) + "/" + text(execution.at("native").at("passed")) +
           " of " + text(execution.at("planned")) + ", " + text(counts.at("skipped")) + " skipped, " +
           text(counts.at("ignored")) + " ignored";
  }
  static std::string verdict(const std::string& variant, const std::string& stage) {
    return text(job_of(cell(variant), stage).at("verdict"));
  }

  static std::unique_ptr<TemporaryDirectory> dir_;
  static json::value report_;
};
std::unique_ptr<TemporaryDirectory> Settings::dir_;
json::value Settings::report_;

TEST_F(Settings, EverythingByDefault) {
  EXPECT_EQ(text(cell("plain").at("verdict")), "pass");
  EXPECT_EQ(tests("plain"), "4/4 of 4, 0 skipped, 1 ignored");  // three tests and a doctest
}

TEST_F(Settings, SkippedTestsStayPlannedAndBlockNothing) {
  EXPECT_EQ(verdict("skip", "execute"), "pass");
  EXPECT_EQ(tests("skip"), "3/3 of 4, 1 skipped, 1 ignored");
  EXPECT_EQ(verdict("filter", "execute"), "pass");
  EXPECT_EQ(text(cell("filter").at("execution_coverage").at("native").at("executed")), "1");
}

TEST_F(Settings, IgnoredOnlyRunsThemAlone) {
  EXPECT_EQ(verdict("ignored", "execute"), "pass");
  EXPECT_EQ(text(cell("ignored").at("execution_coverage").at("native").at("executed")), "1");
}

TEST_F(Settings, AStrictGateStopsAtTheFirstFailingStage) {
  EXPECT_EQ(verdict("strict", "check"), "fail");
  for (const char* later : {"build", "test-no-run", "execute"})
    EXPECT_EQ(verdict("strict", later), "blocked") << later;
  EXPECT_EQ(text(job_of(cell("strict"), "build").at("blocked_by")), "check");
  EXPECT_EQ(text(cell("strict").at("verdict")), "fail");
}

TEST_F(Settings, RunNoPlansTestsAndRunsNone) {
  EXPECT_EQ(text(cell("no-run").at("verdict")), "pass");
  EXPECT_THROW((void)job_of(cell("no-run"), "execute"), std::out_of_range);
  EXPECT_EQ(text(cell("no-run").at("execution_coverage").at("planned")), "4");
}

TEST_F(Settings, DoctestsBesideOrWithoutOtherUnits) {
  EXPECT_EQ(tests("doctests"), "1/1 of 1, 0 skipped, 0 ignored");
  EXPECT_EQ(tests("lib-and-doctests"), "4/4 of 4, 0 skipped, 1 ignored");
}

TEST_F(Settings, NothingWithTestsIsNothingMissing) {
  EXPECT_EQ(text(cell("examples").at("verdict")), "pass");
  EXPECT_EQ(text(cell("examples").at("execution_coverage").at("planned")), "0");
}

TEST_F(Settings, AProcessThatEndsWithoutItsSummaryIsNoPass) {
  EXPECT_EQ(verdict("exits", "execute"), "fail");
  const auto& failures = job_of(cell("exits"), "execute").at("failures").as_array();
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(text(failures[0].at("test")), "tests::ends_the_process");
  EXPECT_EQ(text(failures[0].at("kind")), "crash");
}

TEST_F(Settings, AMissingToolchainBreaksItsOwnCellsAlone) {
  EXPECT_EQ(verdict("missing", "check"), "broken");
  EXPECT_NE(text(job_of(cell("missing"), "check").at("reason")).find("/nowhere/at/all"), std::string::npos)
      << text(job_of(cell("missing"), "check").at("reason"));
}

}  // namespace
}  // namespace tripled::e2e
