// run_libtest on a binary whose tests pass, fail, hang, abort or leave: every test it listed ends in one
// verdict, the guilty one is found and run no more, and the number of processes is bounded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <map>

#include "tests/workers_agent/fake_libtest.h"

namespace tripled::test {
namespace {

using agent::BinaryOutcome;
using agent::BinaryUnderTest;
using testing::ElementsAre;
using testing::HasSubstr;

BinaryUnderTest under_test() {
  BinaryUnderTest out;
  out.package = "sample";
  out.target = "api";
  out.kind = "test";
  return out;
}

std::map<std::string, TestResult> by_name(const BinaryOutcome& outcome) {
  std::map<std::string, TestResult> out;
  for (const auto& t : outcome.tests) {
    EXPECT_EQ(t.package, "sample");
    EXPECT_EQ(t.target, "api");
    EXPECT_EQ(t.kind, "test");
    EXPECT_TRUE(out.emplace(t.test, t).second) << t.test << " has two results";
  }
  return out;
}

std::map<std::string, TestState> states(const BinaryOutcome& outcome) {
  std::map<std::string, TestState> out;
  for (const auto& [name, t] : by_name(outcome)) out[name] = t.state;
  return out;
}

using States = std::map<std::string, TestState>;

TEST(Libtest, EveryTestEndsInItsVerdict) {
  FakeLibtest fake({{"a"}, {"b", Does::fail}, {"c", Does::ignored}});
  auto outcome = run_libtest(under_test(), fake.start());
  EXPECT_FALSE(outcome.failure.has_value());
  EXPECT_EQ(states(outcome),
            (States{{"a", TestState::passed}, {"b", TestState::failed}, {"c", TestState::ignored}}));
  EXPECT_EQ(fake.runs(), 1u);
  auto failed = by_name(outcome).at("b");
  EXPECT_EQ(failed.failure, TestFailureKind::assert_);
  EXPECT_THAT(failed.message, HasSubstr("assertion failed: 1 == 2"));
}

TEST(Libtest, PartsOfABinaryAreAllOfItAndNoneTwice) {
  std::vector<FakeTest> all;
  for (int i = 0; i < 40; ++i) all.push_back({"module::case_" + std::to_string(i)});
  all[7].does = Does::fail;
  all[8].does = Does::ignored;
  all[9].does = Does::abort;
  States seen;
  for (const auto& parts : {std::vector<int>{0, 2}, std::vector<int>{1}, std::vector<int>{3}}) {
    FakeLibtest fake(all);
    auto binary = under_test();
    binary.part = TestPart{"sample", "api", "test", parts, 4};
    auto outcome = run_libtest(binary, fake.start());
    EXPECT_FALSE(outcome.failure.has_value());
    for (const auto& [name, state] : states(outcome)) {
      EXPECT_TRUE(seen.emplace(name, state).second) << name << " was in two parts";
      EXPECT_NE(std::find(parts.begin(), parts.end(), agent::part_of(name, 4)), parts.end());
    }
  }
  EXPECT_EQ(seen.size(), all.size());
  EXPECT_EQ(seen.at(all[7].name), TestState::failed);
  EXPECT_EQ(seen.at(all[8].name), TestState::ignored);
  EXPECT_EQ(seen.at(all[9].name), TestState::crashed);
}

// Workers of other versions must agree.
TEST(Libtest, ThePartOfATestIsFixed) {
  EXPECT_EQ(agent::part_of("module::case", 1), 0);
  EXPECT_EQ(agent::part_of("abc", 1000), 0xba7816bf % 1000) << "the first 32 bits of SHA-256 (FIPS 180-4)";
}

TEST(Libtest, TheProcessIsTheOneThatRanTheTestsNotTheOneThatListedThem) {
  FakeLibtest failing({{"a", Does::fail}});
  EXPECT_EQ(run_libtest(under_test(), failing.start()).process.code, 101);
  FakeLibtest passing({{"a"}});
  EXPECT_EQ(run_libtest(under_test(), passing.start()).process.code, 0);
}

TEST(Libtest, WithoutTestsNothingIsRun) {
  FakeLibtest fake({});
  auto outcome = run_libtest(under_test(), fake.start());
  EXPECT_FALSE(outcome.failure.has_value());
  EXPECT_TRUE(outcome.tests.empty());
  EXPECT_EQ(fake.runs(), 0u);
}

// --- hangs and crashes
// --------------------------------------------------------------------------------------

TEST(Hang, IsFoundAndTheRestIsRun) {
  FakeLibtest fake({{"a"}, {"stuck", Does::hang}, {"b"}});
  auto outcome = run_libtest(under_test(), fake.start());
  EXPECT_EQ(states(outcome),
            (States{{"a", TestState::passed}, {"b", TestState::passed}, {"stuck", TestState::timed_out}}));
  EXPECT_EQ(outcome.process.outcome, Outcome::timed_out);
  auto stuck = by_name(outcome).at("stuck");
  EXPECT_EQ(stuck.failure, TestFailureKind::timeout);
  EXPECT_THAT(stuck.message, HasSubstr("time limit"));
  EXPECT_EQ(fake.runs(), 1u);  // it alone was open: no other run is needed to know
}

TEST(Hang, TwoOfThemAreToldApartByOneThread) {
  FakeLibtest fake({{"a"}, {"stuck1", Does::hang}, {"b"}, {"stuck2", Does::hang}, {"c"}});
  auto outcome = run_libtest(under_test(), fake.start());
  EXPECT_EQ(states(outcome), (States{{"a", TestState::passed},
                                     {"b", TestState::passed},
                                     {"c", TestState::passed},
                                     {"stuck1", TestState::timed_out},
                                     {"stuck2", TestState::timed_out}}));
  EXPECT_LE(fake.begun("stuck2"), 2u);
  EXPECT_EQ(fake.begun("a"), 1u);
  for (std::size_t i = 2; i < fake.calls.size(); ++i) {
    EXPECT_TRUE(has(fake.calls[i], "--exact"));
    EXPECT_TRUE(has(fake.calls[i], "--test-threads=1"));
  }
}

TEST(Crash, EveryGuiltyTestIsNamedAndNothingElseSuffers) {
  FakeLibtest fake({{"a"}, {"bad1", Does::abort}, {"b"}, {"bad2", Does::abort}, {"c", Does::fail}, {"d"}});
  auto outcome = run_libtest(under_test(), fake.start());
  EXPECT_EQ(states(outcome), (States{{"a", TestState::passed},
                                     {"b", TestState::passed},
                                     {"bad1", TestState::crashed},
                                     {"bad2", TestState::crashed},
                                     {"c", TestState::failed},
                                     {"d", TestState::passed}}));
  EXPECT_EQ(outcome.process.outcome, Outcome::signalled);
  EXPECT_EQ(outcome.process.code, SIGABRT);
  auto bad = by_name(outcome).at("bad2");
  EXPECT_EQ(bad.failure, TestFailureKind::signal);
  EXPECT_THAT(bad.message, HasSubstr("signal 6"));
  EXPECT_THAT(bad.message, HasSubstr("fatal runtime error: bad2"));
  EXPECT_EQ(fake.begun("bad1"), 2u);  // among others, and alone in its thread
}

TEST(Crash, LastWordsAreKeptHoweverMuchWasSaidBefore) {
  FakeLibtest fake({{"bad", Does::abort}});
  for (std::size_t size : {4'000u, 9'000u, 15'000u, 40'000u, 1'000'000u}) {
    fake.noise = std::string(size, '.') + "\n";
    auto message = by_name(run_libtest(under_test(), fake.start())).at("bad").message;
    EXPECT_THAT(message, HasSubstr("fatal runtime error: bad")) << size;
    EXPECT_THAT(message, HasSubstr("signal 6")) << size;
    EXPECT_LE(message.size(), 10u << 10) << size;
  }
}

// libtest prints them at its end, which a crash takes away.
TEST(Crash, FailuresBeforeItKeepTheirWordsAndTheirVerdict) {
  for (auto guilty : {Does::abort, Does::hang, Does::leave}) {
    FakeLibtest fake({{"fails1", Does::fail}, {"guilty", guilty}, {"fails2", Does::fail}, {"z"}});
    auto results = by_name(run_libtest(under_test(), fake.start()));
    ASSERT_EQ(results.size(), 4u);
    for (const char* name : {"fails1", "fails2"}) {
      EXPECT_EQ(results.at(name).state, TestState::failed) << name;
      EXPECT_EQ(results.at(name).failure, TestFailureKind::assert_) << name;
      EXPECT_THAT(results.at(name).message, HasSubstr("assertion failed")) << name;
    }
    EXPECT_EQ(results.at("z").state, TestState::passed);
    EXPECT_LE(fake.runs(), 4u);
  }
}

TEST(Crash, FailureThatPassesWhenItIsRunForItsWordsStaysAFailure) {
  FakeLibtest fake({{"fails", Does::fail}, {"guilty", Does::abort}, {"z"}});
  auto start = fake.start();
  auto outcome = run_libtest(under_test(), [&](const std::vector<std::string>& args, exec::OutputSink& sink) {
    auto record = start(args, sink);
    if (fake.calls.size() == 2) fake.tests[0].does = Does::pass;
    return record;
  });
  EXPECT_EQ(states(outcome), (States{{"fails", TestState::failed},
                                     {"guilty", TestState::crashed},
                                     {"z", TestState::passed}}));  // a verification may call it flaky
}

TEST(Crash, FailureThatCrashesWhenItIsRunForItsWordsDoesNotKeepTheRestFromRunning) {
  FakeLibtest fake({{"fails", Does::fail}, {"guilty", Does::abort}, {"z"}});
  auto start = fake.start();
  auto outcome = run_libtest(under_test(), [&](const std::vector<std::string>& args, exec::OutputSink& sink) {
    auto record = start(args, sink);
    if (fake.calls.size() == 2) fake.tests[0].does = Does::abort;
    return record;
  });
  EXPECT_EQ(states(outcome),
            (States{{"fails", TestState::failed}, {"guilty", TestState::crashed}, {"z", TestState::passed}}));
}

TEST(Crash, WordsThatAreNotUtf8BecomeValid) {
  FakeLibtest fake({{"bad", Does::abort}});
  fake.noise = "\xff\xfe";
  EXPECT_THAT(by_name(run_libtest(under_test(), fake.start())).at("bad").message, HasSubstr("\xef\xbf\xbd"
                                                                                            "fatal"));
}

TEST(Crash, ThatOneThreadDoesNotRepeatIsStillSeenInTheProcess) {
  FakeLibtest fake({{"a"}, {"racy", Does::abort}, {"b"}});
  fake.only_with_threads = true;
  auto outcome = run_libtest(under_test(), fake.start());
  EXPECT_EQ(states(outcome),
            (States{{"a", TestState::passed}, {"b", TestState::passed}, {"racy", TestState::passed}}));
  EXPECT_EQ(outcome.process.outcome, Outcome::signalled);
}

TEST(Crash, EndWithoutASummaryIsOneWhateverTheStatus) {
  FakeLibtest fake({{"a"}, {"leaves", Does::leave}, {"b"}});
  auto outcome = run_libtest(under_test(), fake.start());
  EXPECT_EQ(states(outcome),
            (States{{"a", TestState::passed}, {"b", TestState::passed}, {"leaves", TestState::crashed}}));
  auto leaves = by_name(outcome).at("leaves");
  EXPECT_EQ(leaves.failure, TestFailureKind::crash);
  EXPECT_THAT(leaves.message, HasSubstr("exited with status 0 before its summary"));
}

TEST(Crash, OfEveryTestEndsAfterABoundedNumberOfProcesses) {
  std::vector<FakeTest> tests;
  for (int i = 0; i < 100; ++i) tests.push_back({"t" + std::to_string(1000 + i), Does::abort});
  FakeLibtest fake(tests);
  auto outcome = run_libtest(under_test(), fake.start());
  auto all = states(outcome);
  EXPECT_EQ(all.size(), 100u);
  EXPECT_LE(fake.runs(), 25u);
  auto crashed =
      std::count_if(all.begin(), all.end(), [](auto& s) { return s.second == TestState::crashed; });
  auto not_run =
      std::count_if(all.begin(), all.end(), [](auto& s) { return s.second == TestState::not_run; });
  EXPECT_GE(crashed, 20);
  EXPECT_EQ(crashed + not_run, 100);  // none is said to have passed
}

TEST(Crash, AmongTenThousandTestsKeepsWhatWasDone) {
  std::vector<FakeTest> tests;
  for (int i = 0; i < 10'000; ++i) tests.push_back({"module::test_number_" + std::to_string(i)});
  tests[5000].does = Does::abort;
  FakeLibtest fake(tests);
  auto all = states(run_libtest(under_test(), fake.start()));
  EXPECT_EQ(all.size(), 10'000u);
  EXPECT_EQ(all.at(tests[5000].name), TestState::crashed);
  EXPECT_EQ(std::count_if(all.begin(), all.end(), [](auto& s) { return s.second == TestState::passed; }),
            9'999);
  EXPECT_EQ(fake.begun(tests[0].name), 1u);
}

// --- what is stopped or cannot be
// ---------------------------------------------------------------------------

TEST(Stopped, CancelledRunIsNotRepeatedAndTheRestWasNotRun) {
  FakeLibtest fake({{"a"}, {"b", Does::cancel}, {"c"}});
  auto outcome = run_libtest(under_test(), fake.start());
  EXPECT_EQ(states(outcome),
            (States{{"a", TestState::passed}, {"b", TestState::not_run}, {"c", TestState::not_run}}));
  EXPECT_EQ(outcome.process.outcome, Outcome::cancelled);
  EXPECT_EQ(fake.runs(), 1u);
}

TEST(Stopped, RunThatCannotStartLeavesAllNotRun) {
  int calls = 0;
  agent::StartTests start = [&](const std::vector<std::string>& args, exec::OutputSink& sink) {
    ++calls;
    if (!has(args, "--list")) return ended(Outcome::could_not_start, 0, "qemu-s390x: not found");
    sink.on_stdout("a: test\nb: test\n");
    return ended(Outcome::exited, 0);
  };
  auto outcome = run_libtest(under_test(), start);
  EXPECT_EQ(states(outcome), (States{{"a", TestState::not_run}, {"b", TestState::not_run}}));
  EXPECT_EQ(outcome.process.outcome, Outcome::could_not_start);
  EXPECT_EQ(calls, 2);
}

BinaryOutcome listing_only(const std::string& out, const std::string& err, const ProcessRecord& record) {
  int calls = 0;
  auto outcome = run_libtest(under_test(), [&](const std::vector<std::string>&, exec::OutputSink& sink) {
    ++calls;
    sink.on_stdout(out);
    sink.on_stderr(err);
    return record;
  });
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(outcome.tests.empty());
  return outcome;
}

TEST(List, ThatFailsSaysWhichBinaryAndWhy) {
  auto crashed = listing_only("", "Illegal instruction\n", ended(Outcome::signalled, SIGILL));
  EXPECT_THAT(crashed.failure->text, HasSubstr("sample/api"));
  EXPECT_THAT(crashed.failure->text, HasSubstr("signal 4"));
  EXPECT_THAT(crashed.failure->text, HasSubstr("Illegal instruction"));
  EXPECT_EQ(crashed.process.outcome, Outcome::signalled);
  EXPECT_THAT(listing_only("a: test\n", "", ended(Outcome::timed_out, SIGKILL)).failure->text,
              HasSubstr("time limit"));
  EXPECT_THAT(listing_only("", "no such option: --list", ended(Outcome::exited, 1)).failure->text,
              HasSubstr("no such option"));
  EXPECT_THAT(listing_only("", "", ended(Outcome::could_not_start, 0, "no loader")).failure->text,
              HasSubstr("no loader"));
}

TEST(List, ThatIsNoListIsNotTakenForAnEmptyOne) {
  EXPECT_NE(listing_only("Hello, world!\n", "", ended(Outcome::exited, 0)).failure->text, "");
}

// --- what the settings choose
// -------------------------------------------------------------------------------

std::vector<FakeTest> chapters() {
  return {{"net::connects"}, {"net::slow"}, {"disk::reads"}, {"disk::slow", Does::ignored}};
}

TEST(Chosen, WithoutRulesNoNamesArePassed) {
  FakeLibtest fake(chapters());
  run_libtest(under_test(), fake.start());
  EXPECT_EQ(fake.calls.at(1), std::vector<std::string>{});
}

TEST(Chosen, SkippedTestsStayPlanned) {
  FakeLibtest fake(chapters());
  auto binary = under_test();
  binary.settings.filter = {"net::"};
  binary.settings.skip = {"*slow"};
  auto outcome = run_libtest(binary, fake.start());
  EXPECT_EQ(states(outcome), (States{{"net::connects", TestState::passed},
                                     {"net::slow", TestState::skipped},
                                     {"disk::reads", TestState::skipped},
                                     {"disk::slow", TestState::skipped}}));
  EXPECT_THAT(fake.calls.at(1), ElementsAre("--exact", "net::connects"));
  EXPECT_EQ(fake.runs(), 1u);
}

TEST(Chosen, WhenNothingIsLeftNothingIsRun) {
  FakeLibtest fake(chapters());
  auto binary = under_test();
  binary.settings.filter = {"nothing has this name"};
  auto outcome = run_libtest(binary, fake.start());
  EXPECT_EQ(outcome.tests.size(), 4u);
  EXPECT_EQ(fake.runs(), 0u);
}

TEST(Chosen, OnlyRunsAndReportsJustThese) {
  FakeLibtest fake(chapters());
  auto binary = under_test();
  binary.only = {"disk::reads"};
  binary.settings.skip = {"disk::*"};  // a verification runs what it verifies
  auto outcome = run_libtest(binary, fake.start());
  EXPECT_EQ(states(outcome), (States{{"disk::reads", TestState::passed}}));
  EXPECT_THAT(fake.calls.at(1), ElementsAre("--exact", "disk::reads"));
}

TEST(Chosen, OnlyIsExact) {
  FakeLibtest fake({{"a"}, {"a::b"}, {"ab", Does::abort}});
  auto binary = under_test();
  binary.only = {"a"};
  EXPECT_EQ(states(run_libtest(binary, fake.start())), (States{{"a", TestState::passed}}));
}

TEST(Chosen, IgnoredTestsAreRunWhenAskedFor) {
  FakeLibtest fake(chapters());
  auto binary = under_test();
  binary.settings.ignored = "both";
  auto outcome = run_libtest(binary, fake.start());
  EXPECT_EQ(states(outcome).at("disk::slow"), TestState::passed);
  EXPECT_EQ(states(outcome).at("disk::reads"), TestState::passed);
  EXPECT_THAT(fake.calls.at(1), ElementsAre("--include-ignored"));
}

TEST(Chosen, IgnoredAloneSkipsTheOthers) {
  FakeLibtest fake(chapters());
  auto binary = under_test();
  binary.settings.ignored = "only";
  auto outcome = run_libtest(binary, fake.start());
  EXPECT_EQ(states(outcome), (States{{"net::connects", TestState::skipped},
                                     {"net::slow", TestState::skipped},
                                     {"disk::reads", TestState::skipped},
                                     {"disk::slow", TestState::passed}}));
  EXPECT_TRUE(has(fake.calls.back(), "--ignored"));
  EXPECT_EQ(fake.runs(), 2u);  // a list of the ignored ones, and they alone
}

TEST(Chosen, ThreadsAreTheSettingsInTheFirstRunAndOneInEveryOther) {
  FakeLibtest fake({{"a"}, {"bad1", Does::abort}, {"bad2", Does::abort}});
  auto binary = under_test();
  binary.settings.threads = 4;
  binary.settings.args = {"--nocapture"};
  run_libtest(binary, fake.start());
  EXPECT_THAT(fake.calls.at(1), ElementsAre("--nocapture", "--test-threads=4"));
  for (std::size_t i = 2; i < fake.calls.size(); ++i) {
    auto& args = fake.calls[i];
    EXPECT_TRUE(has(args, "--nocapture"));
    EXPECT_TRUE(has(args, "--test-threads=1"));
    EXPECT_EQ(
        std::count_if(args.begin(), args.end(), [](auto& a) { return a.rfind("--test-threads", 0) == 0; }),
        1);
  }
}

TEST(Chosen, CommandLinesStayBelowWhatAKernelTakes) {
  std::vector<FakeTest> tests;
  for (int i = 0; i < 30'000; ++i)
    tests.push_back(
        {"a_module_with_a_long_name::and_another_one::test_number_" + std::to_string(100'000 + i)});
  FakeLibtest fake(tests);
  auto binary = under_test();
  binary.settings.skip = {"*_number_100007"};
  auto all = states(run_libtest(binary, fake.start()));
  EXPECT_EQ(std::count_if(all.begin(), all.end(), [](auto& s) { return s.second == TestState::passed; }),
            29'999);
  for (const auto& args : fake.calls) {
    std::size_t bytes = 0;
    for (const auto& a : args) bytes += a.size() + 1 + sizeof(char*);
    EXPECT_LT(bytes, 512u << 10);
  }
}

// --- the executable as a whole
// -------------------------------------------------------------------------------

TEST(Company, TestsThatPassAloneButNotTogetherAreFlaky) {
  FakeLibtest fake({{"a"}, {"b", Does::abort}, {"c"}});
  fake.only_with_threads = true;  // alone, `b` passes
  auto outcome = run_libtest(under_test(), fake.start());
  auto b = by_name(outcome).at("b");
  EXPECT_EQ(b.state, TestState::passed);
  EXPECT_TRUE(b.flaky);
  EXPECT_THAT(b.message, HasSubstr("passes alone"));
  EXPECT_FALSE(by_name(outcome).at("a").flaky);
}

TEST(Company, AnEndAfterTheLastResultIsTheWholeExecutablesFailure) {
  agent::StartTests start = [](const std::vector<std::string>& args, exec::OutputSink& sink) {
    if (has(args, "--list")) {
      sink.on_stdout("a: test\n");
      return ended(Outcome::exited, 0);
    }
    sink.on_stdout(
        "\nrunning 1 test\ntest a ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 "
        "filtered out; finished in 0.00s\n\n");
    return ended(Outcome::signalled, SIGSEGV);
  };
  auto outcome = run_libtest(under_test(), start);
  EXPECT_EQ(states(outcome), (States{{"a", TestState::passed}}));
  ASSERT_TRUE(outcome.failure.has_value());
  EXPECT_TRUE(outcome.failure->listed);
  EXPECT_EQ(outcome.failure->outcome, Outcome::signalled);
}

}  // namespace
}  // namespace tripled::test
