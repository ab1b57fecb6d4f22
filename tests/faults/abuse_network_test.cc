// Connections that are cut, sliced and slow between the real programs (E.4 8, 9), and those of another
// version (E.4 34). What is on the way arrives once, or its loss is said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "schema/base/file.h"
#include "tests/faults/abuse.h"
#include "tests/net/fixture.h"
#include "tests/workers_agent/unreliable_proxy.h"

namespace tripled::e2e {
namespace {

namespace json = wire::json;
using testing::HasSubstr;

class BadNetwork : public Abuse {
 protected:
  void start_behind_the_proxy() {
    serve();
    proxy = std::make_unique<test::UnreliableProxy>(fleet->served().port());
    fleet->reach_by(proxy->port());
    fleet->start("w1");
  }
  void TearDown() override { fleet.reset(); }  // before the proxy

  std::unique_ptr<test::UnreliableProxy> proxy;
};

std::string noise(std::size_t size) {
  std::mt19937 random(1);
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

// One that prints the noise once it is let go, and so many more that its result is larger than a cut.
std::string many_tests(const std::string& wait_for, const std::string& begun, const std::string& go,
                       const std::string& noise_file, int count) {
  std::string out = wait_for + "#[test]\nfn noise() {\n  use std::io::Write;\n  std::fs::write(" + begun +
                    ", \"\").unwrap();\n  wait_for(" + go + ");\n  let noise = std::fs::read(" + noise_file +
                    ").unwrap();\n  let mut out = std::io::stdout().lock();\n"
                    "  out.write_all(b\"\\n\").unwrap();\n  out.write_all(&noise).unwrap();\n"
                    "  out.write_all(b\"\\n\").unwrap();\n}\n";
  for (int i = 0; i < count; ++i)
    out += "#[test] fn a_test_with_a_name_that_is_as_long_as_those_of_large_projects_sometimes_are_" +
           std::to_string(i) + "() {}\n";
  return out;
}

// E.4 8: a reset in the middle of a log, again and again, and in the middle of the result.
TEST_F(BadNetwork, ALogAndAResultThatAreCutArriveOnceAndWhole) {
  start_behind_the_proxy();
  const auto words = noise(3 << 20);
  write_files(dir.path() / "control", {{"noise", words}});
  auto project =
      crate("noisy",
            {{"src/lib.rs", many_tests(kWaitFor, literal("begun"), literal("go"), literal("noise"), 3000)}});
  auto sweep = begin(project, "test-no-run, execute");
  ASSERT_TRUE(eventually(180, [&] { return is_there("begun"); })) << fleet->status() << fleet->log_of("w1");
  constexpr std::size_t kPiece = 256u << 10;
  const int pieces = static_cast<int>(words.size() / kPiece);
  const auto before = proxy->bytes_up();
  proxy->cut_after(kPiece, pieces + 2);
  touch("go");
  auto report = fleet->served().finished(sweep, 180);
  EXPECT_EQ(report.at("sweep").at("exit_status"), 0) << json::serialize(report).substr(0, 5000);
  EXPECT_EQ(text(job_of(report.at("cells").at(0), "execute").at("attempts")), "1");
  EXPECT_LE(proxy->cuts_left(), 0) << "also in the result";
  EXPECT_THAT(fleet->log_of("w1"), HasSubstr("connection to the daemon lost"));
  EXPECT_THAT(fleet->log_of("w1"), testing::Not(HasSubstr("a log was lost")));
  const auto attempt = attempt_of("execute");
  const auto log = log_of(attempt);
  EXPECT_NE(log.find(words), std::string::npos) << "byte for byte";
  EXPECT_EQ(text(result_of(attempt).at("tests").at("passed")), "3001");
  // Once, but for the pieces that a cut took with it and the results that were cut.
  EXPECT_LE(proxy->bytes_up() - before, 2 * words.size() + (4u << 20));
  expect_invariants(*fleet, {"w1"});
}

// E.4 9: frames and requests are split at every byte. The second sweep costs no memory that the first did
// not.
TEST_F(BadNetwork, SplitAtEveryByteASweepIsTheSame) {
  start_behind_the_proxy();
  proxy->slice(1);
  auto project = crate("small", {{"src/lib.rs", "#[test]\nfn t() {}\n"}});
  std::uint64_t daemon_peak = 0, worker_peak = 0;
  for (int i = 0; i < 2; ++i) {
    auto report = fleet->served().finished(begin(project, "check, test-no-run, execute"), 240);
    EXPECT_EQ(report.at("sweep").at("exit_status"), 0) << json::serialize(report);
    for (const auto& job : report.at("cells").at(0).at("jobs").as_array())
      EXPECT_EQ(text(job.at("attempts")), "1");
    const auto daemon = fleet->served().process().pid(), worker = fleet->worker("w1").pid();
    if (i == 0) {
      daemon_peak = peak_memory(daemon);
      worker_peak = peak_memory(worker);
    } else if (!kSanitized) {
      EXPECT_LT(peak_memory(daemon), daemon_peak + (16u << 20));
      EXPECT_LT(peak_memory(worker), worker_peak + (16u << 20));
    }
  }
  EXPECT_THAT(fleet->log_of("w1"), testing::Not(HasSubstr("lost")));
  expect_invariants(*fleet, {"w1"});
}

// A worker against a daemon of the test.
class OtherVersion : public testing::Test {
 protected:
  OtherVersion()
      : worker(dir.path(),
               {"--daemon", "127.0.0.1:" + std::to_string(daemon.port()), "--name", "w1", "--cache",
                (dir.path() / "cache").string(), "--state", (dir.path() / "state").string()},
               {{"TRIPLED_WORKER_TOKEN", test::token}}, {}, worker_program()) {}
  // After its hello.
  void say(const wire::DaemonMessage& message) {
    auto hello = daemon.recorder.messages(1);
    ASSERT_FALSE(hello.empty()) << worker.err_so_far();
    ASSERT_TRUE(std::holds_alternative<wire::Hello>(hello.front().message));
    daemon.on_io([&](net::Server& server) { server.send(hello.front().session, message); });
  }

  TemporaryDirectory dir;
  test::RunningServer daemon;
  Started worker;
};

// E.4 34: it takes nothing, says what to install, and does not come back by itself.
TEST_F(OtherVersion, AWorkerThatTheDaemonDoesNotSpeakWithSaysWhatToInstall) {
  wire::Goodbye goodbye;
  goodbye.reason = "this daemon speaks protocol 7: install tripled 9.0.0";
  say(goodbye);
  auto ended = worker.wait(30);
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.err, HasSubstr("the daemon ended the session: " + goodbye.reason));
  EXPECT_EQ(daemon.recorder.messages(0).size(), 1u) << "its hello was all";
}

TEST_F(OtherVersion, ADaemonThatTheWorkerDoesNotSpeakWithIsLeft) {
  wire::Welcome welcome;
  welcome.protocol = wire::protocol_version + 1;
  welcome.version = "9.0.0";
  say(welcome);
  auto ended = worker.wait(30);
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.err, HasSubstr("it (tripled 9.0.0) answers in protocol " +
                                   std::to_string(wire::protocol_version + 1)));
  EXPECT_THAT(ended.err, HasSubstr("install the same version of both"));
}

}  // namespace
}  // namespace tripled::e2e
