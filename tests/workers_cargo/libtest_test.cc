#include "workers/cargo/libtest.h"

#include <gmock/gmock.h>

#include "tests/workers_cargo/support.h"

namespace tripled::cargo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TestRun run_of(const std::string& text, const std::vector<std::string>& expected = {}) {
  LibtestParser parser({"lt", "t", "test"}, expected);
  parser.feed(text);
  return parser.finish();
}
TestRun recorded(const std::string& name, const std::vector<std::string>& expected = {}) {
  return run_of(data("libtest-" + name + ".txt"), expected);
}
std::vector<std::string> listed() { return parse_test_list(data("libtest-list.txt")).tests; }

const TestResult* find(const TestRun& run, const std::string& name) {
  for (const auto& test : run.tests)
    if (test.test == name) return &test;
  return nullptr;
}

std::vector<std::string> states(const TestRun& run) {
  std::vector<std::string> out;
  for (const auto& test : run.tests) out.push_back(test.test + "=" + to_text(test.state));
  std::sort(out.begin(), out.end());
  return out;
}

TEST(TestList, Terse) {
  auto list = parse_test_list(data("libtest-list.txt"));
  EXPECT_TRUE(list.understood);
  EXPECT_THAT(list.tests, SizeIs(13));
  EXPECT_EQ(list.tests[0], "a::asserts");
  EXPECT_THAT(list.benches, IsEmpty());
  EXPECT_THAT(parse_test_list("b: benchmark\nt: test\n\n2 tests, 1 benchmark\n").benches, ElementsAre("b"));
  EXPECT_TRUE(parse_test_list("").understood);
  EXPECT_FALSE(parse_test_list("own harness\n").understood);
}

class OutputForms : public testing::TestWithParam<const char*> {};

// The same tests in many threads, in one, captured, not captured, with and without the list.
TEST_P(OutputForms, SameResults) {
  for (bool with_list : {true, false}) {
    if (!with_list && std::string(GetParam()) == "nocapture")
      continue;  // "test fake ... ok" cannot be told apart
    auto run = recorded(GetParam(), with_list ? listed() : std::vector<std::string>{});
    EXPECT_TRUE(run.complete);
    EXPECT_THAT(states(run),
                ElementsAre("a::asserts=failed", "a::eq_fails=failed", "a::ok=passed", "a::panics=failed",
                            "a::unwraps=failed", "ig=ignored", "ig_reason=ignored", "prints=passed",
                            "returns_err=failed", "right_panic=passed", "should_but_does_not=failed",
                            "thread_panic=failed", "wrong_panic=failed"))
        << GetParam() << with_list;
    EXPECT_EQ(run.announced, 13);
    EXPECT_EQ(run.counts.passed, 3);
    EXPECT_EQ(run.counts.failed, 8);
    EXPECT_EQ(run.counts.ignored, 2);
    EXPECT_THAT(run.unfinished, IsEmpty());
    EXPECT_EQ(find(run, "ig_reason")->message, "needs root");
  }
}
INSTANTIATE_TEST_SUITE_P(Recorded, OutputForms,
                         testing::Values("normal", "threads1", "nocapture1", "nocapture", "qemu-t-1"));

TEST(Libtest, Messages) {
  auto run = recorded("normal");
  auto eq = find(run, "a::eq_fails");
  EXPECT_EQ(eq->failure, TestFailureKind::assert_);
  EXPECT_THAT(eq->message, testing::StartsWith("printed before\n"));
  EXPECT_THAT(eq->message, HasSubstr("assertion `left == right` failed: sums\n  left: 2\n right: 3"));
  EXPECT_THAT(eq->message, testing::Not(HasSubstr("plain")));
  EXPECT_EQ(eq->package, "lt");
  EXPECT_EQ(eq->kind, "test");
  EXPECT_EQ(find(run, "a::panics")->failure, TestFailureKind::panic);
  EXPECT_EQ(find(run, "a::asserts")->failure, TestFailureKind::assert_);
  EXPECT_EQ(find(run, "returns_err")->message, "Error: \"bad\"");
  EXPECT_THAT(find(run, "wrong_panic")->message, HasSubstr("panic did not contain expected string"));
  EXPECT_FALSE(find(run, "a::ok")->failure);
  EXPECT_EQ(find(run, "a::ok")->message, "");
  EXPECT_THAT(find(recorded("nocapture1"), "a::panics")->message, HasSubstr("plain\nmultiline"));
}

TEST(Libtest, ShownOutputOfPassingTests) {
  auto run = recorded("showout");
  EXPECT_TRUE(run.complete);
  EXPECT_EQ(run.counts.filtered_out, 7);
  EXPECT_EQ(find(run, "prints")->state, TestState::passed);
  EXPECT_THAT(find(run, "a::eq_fails")->message, HasSubstr("printed before"));
}

struct Stopped {
  const char* name;
  const char* guilty;
  const char* words;
};

class StoppedRuns : public testing::TestWithParam<Stopped> {};

TEST_P(StoppedRuns, GuiltyIsKnownWithOneThread) {
  auto run = recorded(GetParam().name);
  EXPECT_FALSE(run.complete);
  EXPECT_EQ(run.last_started, GetParam().guilty);
  EXPECT_THAT(run.unfinished, ElementsAre(GetParam().guilty));
  EXPECT_THAT(run.last_words, HasSubstr(GetParam().words));
  EXPECT_THAT(states(run), ElementsAre("a1=passed"));
}
INSTANTIATE_TEST_SUITE_P(Recorded, StoppedRuns,
                         testing::Values(Stopped{"crash", "b_abort", ""}, Stopped{"hang", "b_hang", ""},
                                         Stopped{"exit", "b_exit", ""},
                                         Stopped{"qemu-crash-1", "b_abort", "qemu: uncaught target signal 6"},
                                         Stopped{"qemu-segv-1", "b_segv",
                                                 "qemu: uncaught target signal 11"}));

TEST(Libtest, StoppedWithManyThreads) {
  auto hang = recorded("hangm");
  EXPECT_FALSE(hang.complete);
  EXPECT_FALSE(hang.last_started);
  EXPECT_THAT(states(hang), ElementsAre("a1=passed", "c3=passed"));
  EXPECT_EQ(hang.announced, 3);
  auto crash = recorded("crashm");
  EXPECT_FALSE(crash.complete);
  EXPECT_THAT(crash.tests, IsEmpty());
  auto slow = run_of("\nrunning 2 tests\ntest a ... ok\ntest b has been running for over 60 seconds\n");
  EXPECT_THAT(slow.unfinished, ElementsAre("b"));
}

// E.4 20: what a flood says of tests that nobody listed is not kept.
TEST(Libtest, NamesThatWereNotListedAreNotRemembered) {
  LibtestParser parser({"p", "t", "lib"}, {"a"});
  parser.feed("\nrunning 1 test\n");
  for (int i = 0; i < 1000; ++i)
    parser.feed("test x" + std::to_string(i) + " has been running for over 60 seconds\n");
  parser.feed(
      "test a ... FAILED\n\nfailures:\n\n---- a stdout ----\nits words\n---- x stdout ----\nothers\n");
  parser.feed(
      "\n\nfailures:\n    a\n    x1\n\ntest result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 "
      "filtered out; finished in 0.00s\n");
  auto run = parser.finish();
  EXPECT_THAT(run.unfinished, IsEmpty());
  EXPECT_THAT(states(run), ElementsAre("a=failed"));
  EXPECT_EQ(run.tests.front().message, "its words");
}

// A child of a passing test dies under QEMU in the middle of its line.
TEST(Libtest, TornLines) {
  for (const char* name : {"qemu-torn-1", "qemu-torn-2"}) {
    auto run = recorded(name);
    EXPECT_TRUE(run.complete);
    EXPECT_THAT(states(run), ElementsAre("a1=passed", "b_child_aborts=passed", "c3=passed")) << name;
  }
  auto glued = run_of(
      "running 3 tests\ntest a ... xyzok\ntest b ... no\nnewlineFAILED\ntest c ... "
      "ok\n\nfailures:\n\nfailures:\n    b\n\n"
      "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n");
  EXPECT_THAT(states(glued), ElementsAre("a=passed", "b=failed", "c=passed"));
}

// The line of `b` was swallowed whole; the summary and the list leave only one conclusion.
TEST(Libtest, SummaryFindsALostLine) {
  const std::string text =
      "running 2 tests\ntest a ... ok\n%$garbage\n\n"
      "test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
  EXPECT_THAT(states(run_of(text, {"a", "b"})), ElementsAre("a=passed", "b=passed"));
  EXPECT_THAT(states(run_of(text, {"a", "b", "c"})),
              ElementsAre("a=passed"));  // two lost, one pass: nobody knows
  EXPECT_THAT(states(run_of(text)), ElementsAre("a=passed"));
}

TEST(Libtest, NothingToRunIsComplete) {
  auto run = recorded("exact");
  EXPECT_TRUE(run.complete);
  EXPECT_THAT(run.tests, IsEmpty());
  EXPECT_EQ(run.counts.filtered_out, 13);
  EXPECT_FALSE(run_of("").complete);
  EXPECT_FALSE(run_of("custom harness says hello\n").complete);
}

TEST(Libtest, ReportTimeAndBenches) {
  auto run = run_of(
      "running 2 tests\ntest a ... ok <0.250s>\ntest b ... bench:          12 ns/iter (+/- 1)\n\n"
      "test result: ok. 1 passed; 0 failed; 0 ignored; 1 measured; 0 filtered out; finished in 0.00s\n");
  EXPECT_EQ(find(run, "a")->duration_ms, 250);
  EXPECT_EQ(find(run, "b")->state, TestState::passed);
}

TEST(Libtest, AnyChunkingGivesTheSame) {
  auto text = data("libtest-nocapture1.txt");
  LibtestParser parser({"lt", "t", "test"}, listed());
  for (char c : text) parser.feed(std::string_view(&c, 1));
  EXPECT_EQ(states(parser.finish()), states(recorded("nocapture1", listed())));
}

TEST(Libtest, MessagesAreBounded) {
  std::string text = "running 1 test\ntest a ... FAILED\n\nfailures:\n\n---- a stdout ----\nfirst words\n";
  for (int i = 0; i < 100'000; ++i) text += "a line \xff of output\n";
  text +=
      "thread 'a' panicked at x.rs:1:1:\nassertion failed: the last words\n\n\nfailures:\n    a\n\n"
      "test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
  auto run = run_of(text);
  ASSERT_THAT(run.tests, SizeIs(1));
  EXPECT_LE(run.tests[0].message.size(), (8u << 10) + 2048);
  EXPECT_THAT(run.tests[0].message, HasSubstr("first words"));
  EXPECT_THAT(run.tests[0].message, HasSubstr("the last words"));
  EXPECT_EQ(run.tests[0].failure, TestFailureKind::assert_);
}

TEST(Doctests, SeparateAndMerged) {
  DoctestParser parser({{"lt-package", "lt", "doctest"}});
  parser.feed(data("libtest-doc.96.2021.txt"));
  auto sections = parser.finish();
  ASSERT_THAT(sections, SizeIs(1));
  EXPECT_EQ(sections[0].library, "lt");
  const auto& run = sections[0].run;
  EXPECT_TRUE(run.complete);
  EXPECT_EQ(run.counts.passed, 6);
  EXPECT_EQ(run.counts.failed, 7);
  EXPECT_EQ(run.counts.ignored, 3);
  EXPECT_THAT(run.tests, SizeIs(16));
  EXPECT_EQ(run.tests[0].package, "lt-package");
  EXPECT_EQ(run.tests[0].kind, "doctest");
  EXPECT_EQ(find(run, "src/lib.rs - f (line 22)")->state, TestState::failed);
  EXPECT_THAT(find(run, "src/lib.rs - f (line 22)")->message, HasSubstr("it's marked `compile_fail`"));
  for (const char* name : {"libtest-merged.95.txt", "libtest-merged.96.txt"}) {
    DoctestParser merged({});
    merged.feed(data(name));
    auto both = merged.finish();
    ASSERT_THAT(both, SizeIs(1));
    EXPECT_TRUE(both[0].run.complete);
    EXPECT_EQ(both[0].run.announced, 8);  // "running" twice
    EXPECT_THAT(both[0].run.tests, SizeIs(8));
    EXPECT_EQ(both[0].run.counts.failed, 2);
    EXPECT_EQ(find(both[0].run, "src/lib.rs - f (line 10)")->state, TestState::failed);
  }
}

TEST(Doctests, Names) {
  EXPECT_EQ(listed_name("src/lib.rs - f (line 13) - compile"), "src/lib.rs - f (line 13)");
  EXPECT_EQ(listed_name("src/lib.rs - f (line 19) - compile fail"), "src/lib.rs - f (line 19)");
  EXPECT_EQ(listed_name("right_panic - should panic"), "right_panic");
  auto name = parse_doctest_name("src/lib.rs - m::S::g (line 50) - compile fail");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->file, "src/lib.rs");
  EXPECT_EQ(name->item, "m::S::g");
  EXPECT_EQ(name->line, 50);
  EXPECT_EQ(name->mode, "compile fail");
  EXPECT_TRUE(parse_doctest_name("src/lib.rs - (line 1)"));
  EXPECT_FALSE(parse_doctest_name("a::b"));
  auto list = parse_doctest_list("   Doc-tests x\nsrc/lib.rs - f (line 1): test\n   Doc-tests y\n");
  ASSERT_THAT(list, SizeIs(2));
  EXPECT_THAT(list[0].second.tests, ElementsAre("src/lib.rs - f (line 1)"));
  EXPECT_THAT(list[1].second.tests, IsEmpty());
}

TEST(Rerun, WithoutTheGuilty) {
  auto plan = plan_rerun({"a", "b", "c", "d", "d"}, {"a"}, {"b"}, true);
  ASSERT_THAT(plan.runs, SizeIs(1));
  EXPECT_THAT(plan.runs[0].args, ElementsAre("--exact", "--test-threads=1", "c", "d"));
  EXPECT_THAT(plan.runs[0].tests, ElementsAre("c", "d"));
  EXPECT_THAT(plan_rerun({"a"}, {"a"}, {}, false).runs, IsEmpty());
  EXPECT_THAT(plan_rerun({"a", "b"}, {}, {}, false).runs[0].args, ElementsAre("--exact", "a", "b"));
  std::vector<std::string> guilty(20, "g");
  EXPECT_TRUE(plan_rerun({"a"}, {}, guilty, true).given_up);
}

TEST(Rerun, CommandLinesStayBelowTheLimit) {
  std::vector<std::string> many;
  for (int i = 0; i < 5000; ++i) many.push_back(std::string(90, 'x') + std::to_string(i));
  auto plan = plan_rerun(many, {}, {}, false);
  std::size_t tests = 0;
  for (const auto& run : plan.runs) {
    std::size_t size = 0;
    for (const auto& arg : run.args) size += arg.size() + 1;
    EXPECT_LT(size, 101'000u);
    tests += run.tests.size();
  }
  EXPECT_EQ(tests, many.size());
  EXPECT_GT(plan.runs.size(), 1u);
}

}  // namespace
}  // namespace tripled::cargo
