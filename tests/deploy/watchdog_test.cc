// What the service manager hears of the real programs: that they are ready, that they get on, and silence
// when they do not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <thread>

#include "daemon/app/core/progress.h"
#include "schema/base/file.h"
#include "schema/base/text.h"
#include "tests/deploy/notify_socket.h"
#include "tests/e2e/tripled_process.h"
#include "workers/agent/touch.h"

namespace tripled::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class Watchdog : public testing::Test {
 protected:
  // The manager would end the program after 400 ms without WATCHDOG=1.
  static std::map<std::string, std::string> environment(const NotifySocket& socket) {
    return {{"NOTIFY_SOCKET", socket.path()}, {"WATCHDOG_USEC", "400000"}};
  }
  std::unique_ptr<e2e::Started> daemon(const std::map<std::string, std::string>& env, int port = 0) {
    fs::create_directories(dir.path() / "d");
    std::ofstream(dir.path() / "d/tripled.yaml")
        << "tripled: 1\nlisten: 127.0.0.1:" << port
        << "\nstate: state\ncache: cache\nleases: {duration: 2s, heartbeat: 500ms}\n";
    return std::make_unique<e2e::Started>(
        dir.path() / "d", std::vector<std::string>{"serve", (dir.path() / "d/tripled.yaml").string()}, env);
  }
  static int port_of(const e2e::Started& daemon) {
    constexpr std::string_view mark = "listening on http://127.0.0.1:";
    auto log = daemon.err_so_far();
    auto at = log.find(mark);
    return at == std::string::npos ? 0 : std::stoi(log.substr(at + mark.size()));
  }
  // A worker of that daemon, with a token of its own.
  std::unique_ptr<e2e::Started> worker(int port, std::map<std::string, std::string> env) {
    const auto server = "http://127.0.0.1:" + std::to_string(port);
    auto added =
        e2e::run_tripled(dir.path() / "d", {"token", "add", "w", "worker", "--server", server, "--token-file",
                                            (dir.path() / "d/state/admin.token").string()});
    EXPECT_EQ(added.status, 0) << added.err;
    env["TRIPLED_WORKER_TOKEN"] = std::string(trim(added.out));
    fs::create_directories(dir.path() / "w");
    return std::make_unique<e2e::Started>(
        dir.path() / "w",
        std::vector<std::string>{"--daemon", "127.0.0.1:" + std::to_string(port), "--name", "w", "--cache",
                                 (dir.path() / "w/cache").string(), "--state", (dir.path() / "w").string()},
        env, fs::path(), e2e::worker_program());
  }

  e2e::TemporaryDirectory dir;
};

TEST_F(Watchdog, HearsThatTheDaemonIsReadyGetsOnAndEnds) {
  NotifySocket socket(dir.path());
  auto started = daemon(environment(socket));
  ASSERT_TRUE(socket.hears("READY=1", 30s)) << started->err_so_far();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(socket.hears("WATCHDOG=1", 5s)) << i;
  started->signal(SIGTERM);
  EXPECT_TRUE(socket.hears("STOPPING=1", 30s));
  EXPECT_EQ(started->wait(30).status, 0);
}

TEST_F(Watchdog, IsNotSpokenToWhereItIsNotWanted) {
  NotifySocket socket(dir.path());
  auto started = daemon({{"NOTIFY_SOCKET", socket.path()}});
  ASSERT_TRUE(socket.hears("READY=1", 30s)) << started->err_so_far();
  EXPECT_FALSE(socket.hears("WATCHDOG=1", 1s));
}

// A connection that is open and says nothing is what a watchdog is for; a daemon that is away is not.
TEST_F(Watchdog, HearsOfAWorkerOnlyWhileItIsInTouch) {
  NotifySocket socket(dir.path());
  auto server = daemon({});
  for (int i = 0; i < 300 && port_of(*server) == 0; ++i) std::this_thread::sleep_for(100ms);
  const int port = port_of(*server);
  ASSERT_NE(port, 0) << server->err_so_far();
  auto started = worker(port, environment(socket));
  ASSERT_TRUE(socket.hears("READY=1", 30s)) << started->err_so_far();
  auto connected = [&] { return server->err_so_far().find("worker w connected") != std::string::npos; };
  for (int i = 0; i < 300 && !connected(); ++i) std::this_thread::sleep_for(100ms);
  ASSERT_TRUE(connected()) << started->err_so_far();
  std::this_thread::sleep_for(1500ms);  // an idle daemon answers too
  socket.forget();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(socket.hears("WATCHDOG=1", 5s)) << i;

  server->signal(SIGSTOP);
  std::this_thread::sleep_for(1500ms);  // two heartbeats and a turn
  socket.forget();
  EXPECT_FALSE(socket.hears("WATCHDOG=1", 1s)) << "a daemon that says nothing";
  EXPECT_THAT(started->err_so_far(), testing::HasSubstr("nothing was heard of the daemon"));
  server->signal(SIGCONT);
  EXPECT_TRUE(socket.hears("WATCHDOG=1", 10s)) << started->err_so_far();

  server->signal(SIGKILL);
  server->wait(30);
  std::this_thread::sleep_for(1500ms);
  socket.forget();
  EXPECT_TRUE(socket.hears("WATCHDOG=1", 5s)) << "a daemon that is away";
  started->signal(SIGTERM);
  EXPECT_TRUE(socket.hears("STOPPING=1", 30s));
  EXPECT_EQ(started->wait(30).status, 0);
}

TEST(GetsOn, WhileWhatWaitsIsCommitted) {
  app::Progress idle{false, false, 0, 7}, waits{false, false, 3, 7};
  EXPECT_TRUE(app::gets_on({}, idle));
  EXPECT_TRUE(app::gets_on(idle, idle)) << "nothing to do is no fault";
  EXPECT_TRUE(app::gets_on(idle, waits));
  EXPECT_FALSE(app::gets_on(waits, waits));
  EXPECT_TRUE(app::gets_on(waits, {false, false, 3, 8}));
  EXPECT_TRUE(app::gets_on(waits, {false, true, 9, 7})) << "a full disk is waited for";
  EXPECT_FALSE(app::gets_on(idle, {true, false, 0, 7}));
}

TEST(InTouch, TwoHeartbeatsOfSilenceAreTooMany) {
  EXPECT_TRUE(agent::in_touch(true, 30s, 15s));
  EXPECT_FALSE(agent::in_touch(true, 31s, 15s));
  EXPECT_TRUE(agent::in_touch(false, 31s, 15s)) << "between two tries";
  EXPECT_FALSE(agent::in_touch(false, 10min, 15s)) << "a try that does not end";
}

}  // namespace
}  // namespace tripled::test
