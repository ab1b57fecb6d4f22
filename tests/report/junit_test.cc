#include "daemon/report/junit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pugixml.hpp>
#include <stdexcept>

#include "tests/report/fixture.h"

namespace tripled::report {
namespace {

using namespace fixture;

struct Document {
  pugi::xml_document xml;
  explicit Document(const Report& report) {
    auto parsed = xml.load_string(to_junit(report).c_str());
    if (!parsed) throw std::runtime_error(parsed.description());
  }
  pugi::xml_node one(const std::string& xpath) { return xml.select_node(xpath.c_str()).node(); }
  std::size_t count(const std::string& xpath) { return xml.select_nodes(xpath.c_str()).size(); }
};

Report mid_size_report() {
  SweepMaker sweep;
  mid_size(sweep);
  return sweep.report();
}

std::string suite(const std::string& cell, const std::string& stage) {
  return "//testsuite[@name='" + cell + " " + stage + "']";
}

TEST(JUnit, ASuitePerCellAndStageWithATestcasePerUnitOrTest) {
  Document d(mid_size_report());
  EXPECT_EQ(d.count(suite(host, "check") + "/testcase"), 4u);
  EXPECT_EQ(d.count(suite(host, "execute") + "/testcase"), 6u);
  auto test = d.one(suite(host, "execute") + "/testcase[@name='tests::reads_back']");
  EXPECT_STREQ(test.attribute("classname").value(), (host + ".execute.endian.endian").c_str());
  EXPECT_STREQ(test.attribute("time").value(), "0.012");
  EXPECT_FALSE(test.first_child());
}

TEST(JUnit, FailuresAreFailuresWithTheirWords) {
  Document d(mid_size_report());
  auto failure = d.one(suite(s390x, "execute") + "/testcase[@name='tests::format_is_little_endian']/failure");
  EXPECT_STREQ(failure.attribute("type").value(), "fail");
  EXPECT_THAT(failure.attribute("message").value(), testing::HasSubstr("<script>"));  // escaped in the file
  auto unit = d.one(suite(i686, "check") + "/testcase[@name='x86_import (lib)']/failure");
  EXPECT_STREQ(unit.attribute("message").value(), "E0432: unresolved import `arch::asm_sym`");
  EXPECT_THAT(unit.child_value(), testing::HasSubstr("crates/x86-import/src/x86.rs:3"));
}

TEST(JUnit, BrokenIsAnErrorNotAFailure) {
  Document d(mid_size_report());
  auto at = suite("aarch64-unknown-linux-gnu", "build");
  EXPECT_EQ(d.count(at + "/testcase/error"), 1u);
  EXPECT_EQ(d.count(at + "/testcase/failure"), 0u);
  EXPECT_THAT(d.one(at + "/testcase/error").child_value(),
              testing::HasSubstr("apt-get install gcc-aarch64-linux-gnu"));
}

TEST(JUnit, ExpectedFailuresAreSkippedWithTheirReason) {
  Document d(mid_size_report());
  auto at = suite(host, "execute") + "/testcase[@name='hangs_sometimes']";
  EXPECT_STREQ(d.one(at + "/skipped").attribute("message").value(),
               "expected timeout: sleeps for an hour, #77");
  EXPECT_EQ(d.count(at + "/failure"), 0u);
  EXPECT_EQ(d.count(at + "/system-out"), 1u);
}

TEST(JUnit, BlockedIgnoredExcludedAndUnexecutableAreSkipped) {
  Document d(mid_size_report());
  EXPECT_STREQ(
      d.one(suite(i686, "check") + "/testcase[@name='x86-tool (bin)']/skipped").attribute("message").value(),
      "blocked: by x86-import/x86_import");
  EXPECT_STREQ(
      d.one(suite(host, "execute") + "/testcase[@name='tests::slow']/skipped").attribute("message").value(),
      "ignored");
  EXPECT_STREQ(d.one(suite("wasm32-wasip1", "check") + "/testcase/skipped").attribute("message").value(),
               "excluded: no runner yet");
  EXPECT_THAT(
      d.one(suite("i686-unknown-freebsd", "execute") + "/testcase/skipped").attribute("message").value(),
      testing::HasSubstr("5 tests are planned"));
}

TEST(JUnit, UnmetExpectationsAreFailures) {
  Document d(mid_size_report());
  EXPECT_EQ(d.count(suite("i686-unknown-freebsd", "check") + "/testcase/failure[@type='unmet']"), 1u);
}

TEST(JUnit, FlakyTestsPassAndSaySo) {
  SweepMaker sweep;
  sweep.cell("c", host)
      .executed(RunnerKind::native, {test("p", "t", "lib", "a", TestState::failed, "first")})
      .verified({test("p", "t", "lib", "a")});
  Document d(sweep.report());
  EXPECT_EQ(d.count("//testcase/flakyFailure"), 1u);
  EXPECT_STREQ(d.one("//testsuite").attribute("failures").value(), "0");
}

TEST(JUnit, NumbersAddUp) {
  Document d(mid_size_report());
  auto root = d.one("/testsuites");
  for (auto [name, xpath] : {std::pair{"tests", "//testcase"},
                             {"failures", "//testcase/failure"},
                             {"errors", "//testcase/error"},
                             {"skipped", "//testcase/skipped"}}) {
    EXPECT_EQ(root.attribute(name).as_uint(), d.count(xpath)) << name;
    unsigned sum = 0;
    for (auto node : root.children("testsuite")) sum += node.attribute(name).as_uint();
    EXPECT_EQ(sum, root.attribute(name).as_uint()) << name;
  }
}

TEST(JUnit, ControlCharactersAreStripped) {
  SweepMaker sweep;
  sweep.cell("c", host).executed(RunnerKind::native, {test("p", "t", "lib", "a\x01", TestState::failed,
                                                           "x\x1b[31mred\x0c\xff\xef\xbf\xbe")});
  auto text = to_junit(sweep.report());
  for (char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << int(c);
  EXPECT_EQ(text.find("[31m"), std::string::npos);
  EXPECT_EQ(text.find("\xef\xbf\xbe"), std::string::npos);
  pugi::xml_document xml;
  EXPECT_TRUE(xml.load_string(text.c_str()));
}

TEST(JUnit, AFailureThatNoUnitTellsIsATestcaseOfItsStage) {
  SweepMaker sweep;
  sweep.cell("c", s390x).compiled(Stage::check, {unit_result(unit("p", "p", "lib"), Verdict::blocked)});
  auto other = failed(unit("dep", "dep", "lib"), "E0432", "m", "dep-1.0.0/src/lib.rs", 3);
  sweep.record().jobs[0].attempts[0].result->errors = {*other.first_error};
  Document d(sweep.report());
  EXPECT_EQ(d.count("//testcase[@name='check']/failure"), 1u);
  EXPECT_EQ(d.count(suite("c", "check") + "/testcase/skipped"), 1u);
}

}  // namespace
}  // namespace tripled::report
