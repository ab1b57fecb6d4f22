// Sessions of every protocol version that is spoken (tests/fixtures/wire): their worker is played to today's
// daemon, their daemon to today's worker.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "schema/wire/message.h"
#include "tests/e2e/project.h"
#include "tests/e2e/service.h"
#include "tests/e2e/transcript.h"
#include "tests/net/fixture.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;
namespace json = wire::json;
using testing::HasSubstr;

constexpr const char* kSessions[] = {"cut", "resumed-and-replaced", "replacement", "lacks-a-linker"};

class Transcripts : public testing::TestWithParam<int> {};
const auto kVersions = testing::Range(wire::oldest_protocol_version, wire::protocol_version + 1);
INSTANTIATE_TEST_SUITE_P(OfEveryProtocol, Transcripts, kVersions);

TEST_P(Transcripts, AreReadWithoutLosingAnything) {
  for (const char* session : kSessions)
    for (const auto& frame : transcript(GetParam(), session)) {
      const auto text = json::serialize(frame.frame);
      auto again = [&](const auto& message) {
        ASSERT_TRUE(message) << message.error().message() << text.substr(0, 300);
        auto written = json::parse(wire::encode(*message)).as_object();
        for (const auto& [name, value] : frame.frame)
          EXPECT_EQ(written[name], value) << session << ": " << name << " of " << frame.type();
      };
      if (frame.from_worker)
        again(wire::decode_worker_message(text));
      else
        again(wire::decode_daemon_message(text));
    }
}

class TranscriptDaemon : public Transcripts {
 protected:
  TranscriptDaemon() : served(dir.path(), dir.path() / "projects") {
    write_files(dir.path() / "projects/around",
                {{"Cargo.toml", "[package]\nname = \"around\"\nversion = \"0.1.0\"\n"}, {"src/lib.rs", ""}});
    served.ask("POST", "/api/v1/workers/local/drain");
  }
  std::string token(const std::string& name) {
    auto made = served.ask("POST", "/api/v1/tokens", R"({"name": ")" + name + R"(", "role": "worker"})");
    EXPECT_EQ(made.status, 201u) << made.body;
    return text(made.json().at("token"));
  }
  void sweep() {
    json::object body;
    body["matrix"] = "tripled: 1\nproject: {source: {path: '" + (dir.path() / "projects/around").string() +
                     "'}}\ndefaults: {toolchain: system}\nstages: [check, test-no-run, execute]\n"
                     "axes: {triple: [x86_64-unknown-linux-gnu], variant: {a: {env: {A: a}}, b: {env: {A: "
                     "b}}}}\n";
    body["file"] = "around.yaml";
    // Answered when the worker has answered.
    sweeps.push_back(std::async(std::launch::async, [this, text = json::serialize(body)] {
      return served.ask("POST", "/api/v1/sweeps", text).status;
    }));
  }

  TemporaryDirectory dir;
  Served served;
  std::vector<std::future<unsigned>> sweeps;
};

INSTANTIATE_TEST_SUITE_P(OfEveryProtocol, TranscriptDaemon, kVersions);

TEST_P(TranscriptDaemon, AWorkerOfThatVersionSweeps) {
  const auto w1 = token("w1"), w2 = token("w2");
  std::unique_ptr<PlayedWorker> replacement;
  auto before = [&](const Frame& frame) {
    if (frame.type() == "ask") sweep();
    if (frame.type() == "revoke") served.ask("POST", "/api/v1/sweeps/2/cancel?now=true");
    if (frame.type() != "goodbye") return;
    replacement = std::make_unique<PlayedWorker>(served.port(), w1);
    EXPECT_TRUE(replacement->play(transcript(GetParam(), "replacement")));
  };
  auto first = std::make_unique<PlayedWorker>(served.port(), w1);
  first->before = before;
  ASSERT_TRUE(first->play(transcript(GetParam(), "cut")));
  {
    PlayedWorker lacking(served.port(), w2);
    ASSERT_TRUE(lacking.play(transcript(GetParam(), "lacks-a-linker")));
    PlayedWorker resumed(served.port(), w1);
    resumed.knows_what(*first);  // whose connection is half open: the daemon does not know yet that it is cut
    resumed.before = before;
    ASSERT_TRUE(resumed.play(transcript(GetParam(), "resumed-and-replaced")));
  }
  for (auto& status : sweeps) EXPECT_EQ(status.get(), 201u);
  auto report = served.finished("1", 60);
  ASSERT_EQ(report.at("sweep").at("exit_status"), 1) << json::serialize(report);
  ASSERT_EQ(report.at("cells").as_array().size(), 2u);
  EXPECT_EQ(report.at("cells").at(0).at("verdict"), "pass");
  EXPECT_EQ(report.at("cells").at(1).at("verdict"), "fail");
  EXPECT_EQ(job_of(report.at("cells").at(1), "execute").at("attempts"), 2) << "the failed test was verified";
  EXPECT_EQ(served.finished("2", 60).at("sweep").at("exit_status"), 130);
}

TEST_P(TranscriptDaemon, AWorkerOutsideTheVersionsIsToldWhatToInstall) {
  const auto w1 = token("w1");
  for (int protocol : {wire::oldest_protocol_version - 1, wire::protocol_version + 1}) {
    auto hello = transcript(GetParam(), "cut").front().frame;
    hello["protocol"] = protocol;
    PlayedWorker worker(served.port(), w1);
    ASSERT_TRUE(worker.send(hello));
    auto said = worker.receive();
    EXPECT_EQ(said["type"], "goodbye");
    EXPECT_THAT(text(said["reason"]), HasSubstr("install trip"));
    EXPECT_TRUE(worker.receive().empty()) << "and that was all";
  }
}

// Nothing that the grants name is on this machine: what is looked at is that each is taken, and answered as a
// daemon of that version expects.
TEST_P(Transcripts, ADaemonOfThatVersionIsServed) {
  TemporaryDirectory dir;
  test::RunningServer daemon;
  daemon.recorder.answer = [](net::HttpRequest request, std::function<void(net::HttpResponse)> reply) {
    reply({request.method == "GET" ? 404u : 204u, "text/plain", ""});
  };
  Started worker(dir.path(),
                 {"--daemon", "127.0.0.1:" + std::to_string(daemon.port()), "--name", "w1", "--slots", "1",
                  "--cache", (dir.path() / "cache").string(), "--state", (dir.path() / "state").string()},
                 {{"TRIPLED_WORKER_TOKEN", test::token}}, {}, worker_program());
  auto frames = transcript(GetParam(), "cut");
  auto more = transcript(GetParam(), "resumed-and-replaced");
  const auto goodbye = more.back().frame;
  ASSERT_EQ(more.back().type(), "goodbye");
  std::size_t seen = 0;
  auto wait_for = [&](auto fits) {
    for (int i = 0; i < 300; ++i) {
      auto all = daemon.recorder.messages(seen + 1);
      for (; seen < all.size(); ++seen)
        if (fits(all[seen].message)) return ++seen, true;
    }
    return false;
  };
  ASSERT_TRUE(wait_for([](const auto& m) { return std::holds_alternative<wire::Hello>(m); }));
  const auto session = daemon.recorder.messages(1).front().session;
  auto say = [&](const json::object& frame) {
    auto message = wire::decode_daemon_message(json::serialize(frame));
    ASSERT_TRUE(message) << message.error().message();
    daemon.on_io([&](net::Server& server) { server.send(session, *message); });
  };
  for (const auto& frame : frames) {
    if (frame.from_worker) continue;
    say(frame.frame);
    if (frame.type() == "ask") {
      ASSERT_TRUE(wait_for([&](const auto& m) {
        const auto* answer = std::get_if<wire::Answer>(&m);
        return answer && answer->id == text(frame.frame.at("id")) && answer->error.empty();
      }));
    }
    if (frame.type() != "grant") continue;
    std::set<std::string> reported;
    EXPECT_TRUE(wait_for([&](const auto& m) {
      if (const auto* report = std::get_if<wire::AttemptReport>(&m)) reported.insert(report->attempt);
      const auto* done = std::get_if<wire::BatchDone>(&m);
      return done && done->lease == frame.frame.at("lease");
    })) << json::serialize(frame.frame).substr(0, 200)
        << worker.err_so_far();
    for (const auto& job : frame.frame.at("jobs").as_array())
      EXPECT_EQ(reported.count(text(job.at("attempt"))), 1u) << text(frame.frame.at("kind"));
    for (const auto& attempt : reported) say({{"type", "ack"}, {"attempt", attempt}});
  }
  say(goodbye);
  auto ended = worker.wait(30);
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("took over"));
}

}  // namespace
}  // namespace tripled::e2e
