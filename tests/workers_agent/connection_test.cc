// The worker's end and the daemon's end of the port, together: connect, lose each other, find each other
// again.
#include "workers/agent/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>

#include "schema/base/hash.h"
#include "tests/base/temporary_directory.h"
#include "tests/net/certificates.h"
#include "tests/net/fixture.h"
#include "tests/workers_agent/unreliable_proxy.h"
#include "workers/agent/http.h"
#include "workers/agent/transfer.h"

namespace tripled::test {
namespace {

Result<BlobRef> upload_over_new_connection(const agent::DaemonAddress& to, std::string_view content,
                                           const std::function<bool()>& give_up) {
  agent::HttpClient client(to);
  return agent::upload_blob(client, content, give_up);
}

using agent::Connection;
using agent::DaemonAddress;
using testing::HasSubstr;

// A worker's connection on a thread of its own.
class Worker {
 public:
  explicit Worker(DaemonAddress address, std::chrono::milliseconds silence = std::chrono::seconds(40)) {
    agent::ConnectionHandlers handlers;
    handlers.opened = [this] { note([this] { ++opened_; }); };
    handlers.lost = [this](const std::string& why) { note([&] { lost_.push_back(why); }); };
    handlers.message = [this](wire::DaemonMessage m) { note([&] { messages_.push_back(std::move(m)); }); };
    connection_ = std::make_unique<Connection>(io_, std::move(address), std::move(handlers), silence);
    connection_->start();
    thread_ = std::thread([this] {
      auto work = boost::asio::make_work_guard(io_);
      io_.run();
    });
  }
  ~Worker() {
    on_io([this] { connection_->stop(); });
    io_.stop();
    thread_.join();
    connection_.reset();
  }

  template <class F>
  void on_io(F f) {
    std::promise<void> done;
    boost::asio::post(io_, [&] {
      f();
      done.set_value();
    });
    done.get_future().get();
  }
  void send(std::int64_t n) {
    wire::Heartbeat message;
    message.leases = {n};
    say(message);
  }
  void say(const wire::WorkerMessage& message) {
    on_io([&] { connection_->send(message); });
  }
  void stop() {
    on_io([this] { connection_->stop(); });
  }

  // Each waits (bounded) until there are that many.
  std::size_t opened(std::size_t count) {
    return wait([&] { return opened_ >= count; }), opened_;
  }
  std::vector<std::string> lost(std::size_t count) {
    return wait([&] { return lost_.size() >= count; }), lost_;
  }
  std::vector<wire::DaemonMessage> messages(std::size_t count) {
    return wait([&] { return messages_.size() >= count; }), messages_;
  }

 private:
  template <class F>
  void note(F f) {
    std::lock_guard lock(mutex_);
    f();
    changed_.notify_all();
  }
  template <class F>
  void wait(F condition) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), condition);
  }

  boost::asio::io_context io_{1};
  std::unique_ptr<Connection> connection_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t opened_ = 0;
  std::vector<std::string> lost_;
  std::vector<wire::DaemonMessage> messages_;
};

std::int64_t number_of(const Recorder::Message& m) {
  return std::get<wire::Heartbeat>(m.message).leases.at(0);
}

TEST(Connection, MessagesGoBothWaysInOrder) {
  RunningServer daemon;
  Worker worker({"127.0.0.1", daemon.port(), token});
  ASSERT_EQ(worker.opened(1), 1u);
  for (int i = 0; i < 500; ++i) worker.send(i);
  auto seen = daemon.recorder.messages(500);
  ASSERT_EQ(seen.size(), 500u);
  for (int i = 0; i < 500; ++i) ASSERT_EQ(number_of(seen[static_cast<std::size_t>(i)]), i);
  daemon.on_io([&](net::Server& server) {
    for (int i = 0; i < 500; ++i) server.send(seen[0].session, wire::Ack{std::to_string(i)});
  });
  auto got = worker.messages(500);
  ASSERT_EQ(got.size(), 500u);
  for (std::size_t i = 0; i < 500; ++i) ASSERT_EQ(std::get<wire::Ack>(got[i]).attempt, std::to_string(i));
}

TEST(Connection, ComesBackWhenTheDaemonDoesAndSaysSo) {
  auto daemon = std::make_unique<RunningServer>();
  net::ServerOptions again;
  again.port = daemon->port();
  Worker worker({"127.0.0.1", again.port, token});
  ASSERT_EQ(worker.opened(1), 1u);
  daemon.reset();
  EXPECT_GE(worker.lost(2).size(), 2u);  // that it went, and that it cannot be reached
  worker.send(1);                        // into the void: what must not be lost is in the spool
  daemon = std::make_unique<RunningServer>(again);
  ASSERT_EQ(worker.opened(2), 2u);
  worker.send(2);
  auto seen = daemon->recorder.messages(1);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(number_of(seen[0]), 2);
}

TEST(Connection, WithTheWrongTokenIsNeverOpenAndAsksLessAndLessOften) {
  RunningServer daemon;
  Worker worker({"127.0.0.1", daemon.port(), "another token"});
  auto lost = worker.lost(3);
  ASSERT_GE(lost.size(), 3u);
  EXPECT_NE(lost[0], "");
  EXPECT_EQ(worker.opened(0), 0u);
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  EXPECT_LE(worker.lost(0).size(), 7u);  // 0.1, 0.2, 0.4, 0.8 … s between them
  EXPECT_TRUE(daemon.recorder.messages(0).empty());
}

TEST(Connection, StoppedOneSendsWhatIsQueuedAndDoesNotComeBack) {
  RunningServer daemon;
  Worker worker({"127.0.0.1", daemon.port(), token});
  ASSERT_EQ(worker.opened(1), 1u);
  for (int i = 0; i < 100; ++i) worker.send(i);
  worker.stop();
  worker.send(100);
  EXPECT_EQ(daemon.recorder.messages(100).size(), 100u);
  EXPECT_EQ(daemon.recorder.closed(1).size(), 1u);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_EQ(worker.opened(0), 1u);
  EXPECT_TRUE(worker.lost(0).empty());  // it knows
}

TEST(Connection, CanBeStoppedWhileNobodyListens) {
  std::uint16_t port = 0;
  { port = RunningServer().port(); }
  Worker worker({"127.0.0.1", port, token});
  EXPECT_GE(worker.lost(1).size(), 1u);
}

// Fault list 7: packets go nowhere and nobody says so.
TEST(Connection, HalfOpenOneIsNoticedByBothEnds) {
  using namespace std::chrono_literals;
  net::ServerOptions options;
  options.silence = 1s;
  RunningServer daemon(options);
  UnreliableProxy proxy(daemon.port());
  Worker worker({"127.0.0.1", proxy.port(), token}, 1s);
  ASSERT_EQ(worker.opened(1), 1u);
  worker.send(1);
  ASSERT_EQ(daemon.recorder.messages(1).size(), 1u);
  std::this_thread::sleep_for(2500ms);  // pings keep it open without a message
  EXPECT_TRUE(daemon.recorder.closed(0).empty());
  EXPECT_TRUE(worker.lost(0).empty());
  const auto frozen_at = std::chrono::steady_clock::now();
  proxy.freeze();
  EXPECT_EQ(daemon.recorder.closed(1).size(), 1u);
  EXPECT_GE(worker.lost(1).size(), 1u);
  EXPECT_LT(std::chrono::steady_clock::now() - frozen_at, 4s);
}

// E.4 9: every byte is a packet of its own.
TEST(Connection, SplitAtEveryByteCarriesTheSame) {
  RunningServer daemon;
  UnreliableProxy proxy(daemon.port());
  proxy.slice(1, std::chrono::microseconds(20));
  Worker worker({"127.0.0.1", proxy.port(), token});
  ASSERT_EQ(worker.opened(1), 1u);
  for (std::int64_t i = 1; i <= 20; ++i) worker.send(i);
  auto arrived = daemon.recorder.messages(20);
  ASSERT_EQ(arrived.size(), 20u);
  for (std::int64_t i = 1; i <= 20; ++i) EXPECT_EQ(number_of(arrived[static_cast<std::size_t>(i - 1)]), i);
  daemon.on_io([&](net::Server& server) {
    for (int i = 0; i < 20; ++i) server.send(arrived.front().session, wire::Ack{std::to_string(i)});
  });
  auto answers = worker.messages(20);
  ASSERT_EQ(answers.size(), 20u);
  EXPECT_EQ(std::get<wire::Ack>(answers.back()).attempt, "19");
  const std::string content(5000, 'x');
  auto ref = upload_over_new_connection({"127.0.0.1", proxy.port(), token}, content, [] { return false; });
  ASSERT_TRUE(ref) << ref.error().message();
  EXPECT_EQ(sha256_hex(daemon.recorder.requests(1).front().body), ref->hash);
  EXPECT_TRUE(worker.lost(0).empty());
}

// E.4 9: what waits for a daemon that does not read is bounded, long before its silence is noticed.
TEST(Connection, ThatIsNotReadIsGivenUpBeforeItsQueueIsTooLong) {
  RunningServer daemon;
  UnreliableProxy proxy(daemon.port());
  Worker worker({"127.0.0.1", proxy.port(), token}, std::chrono::minutes(10));
  ASSERT_EQ(worker.opened(1), 1u);
  proxy.freeze();
  const wire::Progress large{1, "j", std::string(50u << 20, 'x')};
  for (int i = 0; i < 5; ++i) worker.say(large);
  EXPECT_TRUE(worker.lost(0).empty());
  worker.say(large);
  EXPECT_EQ(worker.lost(1).size(), 1u);
}

// E.4 9: slower than any deadline, and never silent.
TEST(Connection, TooSlowOneIsGivenUpByBothEnds) {
  net::ServerOptions options;
  options.header_deadline = std::chrono::milliseconds(300);
  RunningServer daemon(options);
  UnreliableProxy proxy(daemon.port());
  proxy.slice(1, std::chrono::milliseconds(4));
  Worker worker({"127.0.0.1", proxy.port(), token});
  auto lost = worker.lost(2);
  ASSERT_GE(lost.size(), 2u);
  for (const auto& why : lost) EXPECT_NE(why, "");
  EXPECT_EQ(worker.opened(0), 0u);
  agent::HttpClient client({"127.0.0.1", proxy.port(), token});
  auto reply = client.call({"PUT", "/blobs/x", {}, "content"});
  EXPECT_TRUE(!reply || reply->status == 408) << reply->status;
  EXPECT_TRUE(daemon.recorder.requests(0).empty());
}

// TLS: control messages and bulk data to a daemon whose certificate is made for the test.
class SecureDaemon : public testing::Test {
 protected:
  SecureDaemon() {
    auto files = authority.issue("daemon", "DNS:localhost");
    auto loaded = net::load_certificate(files.certificate, files.key);
    if (!loaded) throw std::runtime_error(loaded.error().message());
    net::ServerOptions options;
    options.tls = *loaded;
    daemon = std::make_unique<RunningServer>(options);
  }
  DaemonAddress address(const std::string& host, const std::filesystem::path& ca) {
    auto out = agent::parse_daemon_address("https://" + host + ":" + std::to_string(daemon->port()), ca);
    if (!out) throw std::runtime_error(out.error().message());
    out->token = token;
    return *out;
  }

  TemporaryDirectory directory;
  Authority authority{directory.path(), "authority"};
  std::unique_ptr<RunningServer> daemon;
};

TEST_F(SecureDaemon, MessagesAndUploadsComeThrough) {
  auto to = address("localhost", authority.certificate());
  Worker worker(to);
  ASSERT_EQ(worker.opened(1), 1u);
  for (int i = 0; i < 200; ++i) worker.send(i);
  auto seen = daemon->recorder.messages(200);
  ASSERT_EQ(seen.size(), 200u);
  daemon->on_io([&](net::Server& server) { server.send(seen[0].session, wire::Ack{"1"}); });
  EXPECT_EQ(worker.messages(1).size(), 1u);
  auto ref = upload_over_new_connection(to, std::string(1u << 20, 'x'), [] { return false; });
  ASSERT_TRUE(ref) << ref.error().message();
  EXPECT_EQ(daemon->recorder.requests(1).size(), 1u);
}

TEST_F(SecureDaemon, WhoeverShowsAnotherNameOrAuthorityGetsNoToken) {
  Authority other(directory.path(), "other");
  for (const auto& to : {address("127.0.0.1", authority.certificate()),
                         address("localhost", other.certificate()), address("localhost", "")}) {
    Worker worker(to);
    auto lost = worker.lost(1);
    ASSERT_GE(lost.size(), 1u);
    EXPECT_THAT(lost[0], HasSubstr("no secure connection to"));
    auto refused = upload_over_new_connection(to, "a log", [] { return false; });
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("securing the connection to"));
  }
  EXPECT_TRUE(daemon->recorder.messages(0).empty());
  EXPECT_TRUE(daemon->recorder.requests(0).empty());
}

TEST(DaemonAddresses, AreReadOrRefused) {
  auto plain = agent::parse_daemon_address("[::1]:7420");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->authority(), "[::1]:7420");
  EXPECT_FALSE(plain->trust);
  EXPECT_TRUE(agent::parse_daemon_address("https://build.example:7420")->trust);
  for (const char* bad :
       {"host", "host:", ":1", "host:0", "host:65536", "host:1x", "::1:7420", "ftp://h:1", "h:1/x"})
    EXPECT_FALSE(agent::parse_daemon_address(bad)) << bad;
  EXPECT_FALSE(agent::parse_daemon_address("h:1", "ca.pem")) << "a CA for plain HTTP";
  EXPECT_FALSE(agent::parse_daemon_address("https://h:1", "nowhere.pem"));
}

TEST(Uploads, OfTheWorkerAreWhatTheDaemonTakes) {
  net::ServerOptions options;
  options.max_body_bytes = 1u << 20;
  RunningServer daemon(options);
  DaemonAddress address{"127.0.0.1", daemon.port(), token};
  auto ref = upload_over_new_connection(address, std::string(10u << 20, 'x'),
                                        [] { return false; });  // small when compressed
  ASSERT_TRUE(ref) << ref.error().message();
  auto seen = daemon.recorder.requests(1);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].target, "/blobs/" + ref->hash);
  EXPECT_EQ(seen[0].body.size(), ref->size);
  EXPECT_EQ(seen[0].identity.role, Role::worker);

  std::string large(6u << 20, '\0');
  std::uint32_t state = 1;
  for (char& c : large) c = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
  auto refused = upload_over_new_connection(address, large, [] { return false; });
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("413"));

  address.token = "another";
  auto stranger = upload_over_new_connection(address, "a log", [] { return false; });
  ASSERT_FALSE(stranger);
  EXPECT_THAT(stranger.error().message(), HasSubstr("401"));
  EXPECT_EQ(daemon.recorder.requests(0).size(), 1u);
}

}  // namespace
}  // namespace tripled::test
