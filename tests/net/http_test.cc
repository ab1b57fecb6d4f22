// Plain HTTP on the same port: uploads and questions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <sstream>

#include "tests/net/client.h"
#include "tests/net/fixture.h"

namespace tripled::test {
namespace {

using testing::HasSubstr;

std::string put(const std::string& authorization, const std::string& body, const std::string& more = "") {
  return "PUT /blobs/x HTTP/1.1\r\nHost: h\r\n" +
         (authorization.empty() ? "" : "Authorization: " + authorization + "\r\n") + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(Http, AuthorizedUploadReachesTheHandlerByteForByte) {
  RunningServer running;
  Client client(running.port());
  std::string body(3'000'000, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 7);
  ASSERT_TRUE(client.write(put(bearer, body)));
  EXPECT_EQ(client.status(), 204u);
  auto seen = running.recorder.requests(1);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].method, "PUT");
  EXPECT_EQ(seen[0].target, "/blobs/x");
  EXPECT_EQ(seen[0].identity.role, Role::worker);
  EXPECT_EQ(seen[0].identity.name, "w1");
  EXPECT_EQ(seen[0].body, body);
}

// E.4 8: what came of a part need not come again; of anything else nothing is done before it is whole.
TEST(Http, BeginningOfAPartThatWasCutIsHandedOver) {
  RunningServer daemon;
  for (const std::string range : {"", "Content-Range: bytes 0-9/10\r\n"}) {
    Client client(daemon.port());
    ASSERT_TRUE(client.write("PUT /blobs/x HTTP/1.1\r\nHost: h\r\nAuthorization: " + bearer + "\r\n" + range +
                             "Content-Length: 10\r\n\r\nfirst"));
  }
  auto parts = daemon.recorder.cut_parts(1);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].body, "first");
  EXPECT_EQ(parts[0].target, "/blobs/x");
  EXPECT_EQ(parts[0].identity.role, Role::worker);
  EXPECT_EQ(parts[0].header("content-range"), "bytes 0-9/10");
  EXPECT_TRUE(daemon.recorder.requests(0).empty());
}

TEST(Http, UploadWithoutTheTokenIsRefused) {
  RunningServer running;
  for (const std::string& wrong : {std::string(), std::string("Bearer nonsense"), bearer + "x",
                                   std::string("Bearer "), std::string(token)}) {
    Client client(running.port());
    ASSERT_TRUE(client.write(put(wrong, "bytes")));
    EXPECT_EQ(client.status(), 401u) << "`" << wrong << "`";
  }
  for (const auto& request : running.recorder.requests(0)) EXPECT_EQ(request.identity.role, Role::none);
}

TEST(Http, WithoutTheTokenNoBodyIsWaitedFor) {
  RunningServer running;
  for (const char* length : {"Content-Length: 200000000", "Transfer-Encoding: chunked"}) {
    Client client(running.port());
    ASSERT_TRUE(client.write("PUT /blobs/x HTTP/1.1\r\nHost: h\r\n" + std::string(length) + "\r\n\r\n"));
    EXPECT_EQ(client.status(), 401u) << length;
  }
  EXPECT_TRUE(running.recorder.requests(0).empty());
}

TEST(Http, ServerWithoutATokenLetsNobodyIn) {
  // An empty secret must not be matched by an empty answer.
  boost::asio::io_context io;
  Recorder recorder;
  auto server = net::Server::start(io, {}, recorder);
  ASSERT_TRUE(server);
  const auto port = (*server)->port();
  std::thread thread([&] { io.run(); });
  for (const char* header : {"Bearer ", "Bearer", ""}) {
    Client client(port);
    ASSERT_TRUE(client.write(put(header, "bytes")));
    EXPECT_EQ(client.status(), 401u) << "`" << header << "`";
    Client worker(port);
    EXPECT_EQ(worker.upgrade(header), 401u) << "`" << header << "`";
  }
  io.stop();
  thread.join();
}

TEST(Http, BodyAboveTheBoundIsRefusedWith413) {
  net::ServerOptions options;
  options.max_body_bytes = 1u << 20;
  RunningServer running(options);
  {
    Client client(running.port());
    ASSERT_TRUE(client.write(put(bearer, std::string(1u << 20, 'x'))));
    EXPECT_EQ(client.status(), 204u);
  }
  {
    Client client(running.port());  // said before it is sent
    ASSERT_TRUE(client.write("PUT /blobs/x HTTP/1.1\r\nHost: h\r\nAuthorization: " + bearer +
                             "\r\nContent-Length: 1048577\r\n\r\n"));
    EXPECT_EQ(client.status(), 413u);
  }
  {
    Client client(running.port());  // sent without waiting for an answer
    client.write(put(bearer, std::string(20u << 20, 'x')));
    EXPECT_EQ(client.status(), 413u);
  }
  {
    Client client(running.port());  // not said at all
    std::string chunk = "40000\r\n" + std::string(0x40000, 'x') + "\r\n", chunks;
    for (int i = 0; i < 5; ++i) chunks += chunk;
    client.write("PUT /blobs/x HTTP/1.1\r\nHost: h\r\nAuthorization: " + bearer +
                 "\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
    EXPECT_EQ(client.status(), 413u);
  }
  EXPECT_EQ(running.recorder.requests(0).size(), 1u);
}

TEST(Http, HeadersAreBoundedToo) {
  RunningServer running;
  Client client(running.port());
  client.write("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n");
  EXPECT_NE(client.status(), 204u);
  EXPECT_TRUE(running.recorder.requests(0).empty());
}

TEST(Http, NoHttpAtAllEndsTheConnectionAlone) {
  RunningServer running;
  Client tls(running.port());
  ASSERT_TRUE(tls.write(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15)));
  tls.read();
  Client client(running.port());
  ASSERT_TRUE(client.write("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_EQ(client.status(), 401u);  // the recorder's answer
}

TEST(Http, ConnectionIsKeptForTheNextRequestInOrder) {
  RunningServer running;
  running.recorder.answer = [](net::HttpRequest request, std::function<void(net::HttpResponse)> reply) {
    reply({200, "text/plain", request.target});
  };
  Client client(running.port());
  ASSERT_TRUE(client.write("GET /one HTTP/1.1\r\nHost: h\r\n\r\nGET /two HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_EQ(client.status(), 200u);
  EXPECT_EQ(client.body(), "/one");
  EXPECT_EQ(client.status(), 200u);
  EXPECT_EQ(client.body(), "/two");
}

// `/slow` is answered when the test calls `pending`, everything else at once.
void answer_slow_later(RunningServer& running, std::function<void(net::HttpResponse)>& pending) {
  running.recorder.answer = [&pending](net::HttpRequest request,
                                       std::function<void(net::HttpResponse)> reply) {
    if (request.target == "/slow")
      pending = std::move(reply);
    else
      reply({200, "text/plain", "at once"});
  };
}

TEST(Http, AnswerMayComeLaterAndOthersDoNotWaitForIt) {
  RunningServer running;
  std::function<void(net::HttpResponse)> pending;
  answer_slow_later(running, pending);
  Client slow(running.port()), quick(running.port());
  ASSERT_TRUE(slow.write("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"));
  ASSERT_EQ(running.recorder.requests(1).size(), 1u);
  ASSERT_TRUE(quick.write("GET /quick HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_EQ(quick.status(), 200u);
  running.on_io([&](net::Server&) { pending({202, "text/plain", "later"}); });
  EXPECT_EQ(slow.status(), 202u);
  EXPECT_EQ(slow.body(), "later");
}

TEST(Http, ClientThatLeavesBeforeItsAnswerHarmsNobody) {
  RunningServer running;
  std::function<void(net::HttpResponse)> pending;
  answer_slow_later(running, pending);
  {
    Client gone(running.port());
    ASSERT_TRUE(gone.write("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"));
    ASSERT_EQ(running.recorder.requests(1).size(), 1u);
  }
  running.on_io([&](net::Server&) { pending({200, "text/plain", std::string(1 << 20, 'x')}); });
  Client client(running.port());
  ASSERT_TRUE(client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_EQ(client.status(), 200u);
}

TEST(Http, ConnectionsAboveTheBoundAreClosedAndComeBackWhenOthersLeave) {
  net::ServerOptions options;
  options.max_connections = 2;
  RunningServer running(options);
  auto answered = [&](Client& client) {
    client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    return client.status() != 0;
  };
  auto first = std::make_unique<Client>(running.port());
  Client second(running.port());
  ASSERT_TRUE(answered(*first));
  ASSERT_TRUE(answered(second));
  Client third(running.port());
  EXPECT_FALSE(answered(third));
  first.reset();
  bool again = false;
  for (int i = 0; i < 100 && !again; ++i) {
    Client next(running.port());
    again = answered(next);
  }
  EXPECT_TRUE(again);
  EXPECT_TRUE(answered(second));
}

// --- where it listens
// ---------------------------------------------------------------------------------------

// Local addresses of listening sockets with that port, as the kernel writes them.
std::vector<std::string> listeners_on(std::uint16_t port) {
  std::vector<std::string> out;
  std::ostringstream suffix;
  suffix << ':' << std::uppercase << std::hex << std::setw(4) << std::setfill('0') << port;
  for (const char* file : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      std::istringstream words(line);
      std::string number, local, remote, state;
      words >> number >> local >> remote >> state;
      if (state == "0A" && local.ends_with(suffix.str())) out.push_back(local.substr(0, local.find(':')));
    }
  }
  return out;
}

TEST(Listening, IsOnLoopbackAloneUnlessAskedOtherwise) {
  RunningServer running;
  EXPECT_THAT(listeners_on(running.port()), testing::ElementsAre("0100007F"));
}

TEST(Listening, PortInUseIsAnErrorThatNamesIt) {
  RunningServer running;
  boost::asio::io_context io;
  Recorder recorder;
  net::ServerOptions options;
  options.port = running.port();
  auto second = net::Server::start(io, options, recorder);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind(), ErrorKind::io);
  EXPECT_THAT(second.error().message(), HasSubstr("127.0.0.1:" + std::to_string(running.port())));
}

TEST(Listening, AddressThatIsNoneIsAnErrorThatNamesIt) {
  boost::asio::io_context io;
  Recorder recorder;
  net::ServerOptions options;
  options.address = "no-address";
  auto server = net::Server::start(io, options, recorder);
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message(), HasSubstr("no-address"));
}

// Says what it was given, then what comes later, then ends.
class Countdown : public net::BodySource {
 public:
  explicit Countdown(boost::asio::io_context& io) : io_(io) {}
  void next(std::function<void(std::string)> done) override {
    if (left_ == 3) return done(std::to_string(left_--));
    boost::asio::post(io_, [this, done] { done(left_ == 0 ? "" : std::to_string(left_--)); });
  }

 private:
  boost::asio::io_context& io_;
  int left_ = 3;
};

TEST(Http, ABodyInPiecesIsChunkedAndEndsTheConnection) {
  RunningServer running;
  running.recorder.answer = [&](net::HttpRequest, std::function<void(net::HttpResponse)> reply) {
    net::HttpResponse response{200, "text/event-stream", "", {{"X-More", "yes"}}};
    response.pieces = std::make_shared<Countdown>(running.io);
    reply(std::move(response));
  };
  Client client(running.port());
  ASSERT_TRUE(client.write("GET /events HTTP/1.1\r\nHost: h\r\n\r\n"));
  auto all = client.read();
  EXPECT_THAT(all, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(all, HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(all, HasSubstr("X-More: yes\r\n"));
  EXPECT_THAT(all, HasSubstr("\r\n\r\n1\r\n3\r\n1\r\n2\r\n1\r\n1\r\n0\r\n\r\n"));
}

// Endless, and never waiting.
class Flood : public net::BodySource {
 public:
  explicit Flood(std::atomic<bool>& gone) : gone_(gone) {}
  ~Flood() override { gone_ = true; }
  void next(std::function<void(std::string)> done) override { done(std::string(1 << 20, 'x')); }

 private:
  std::atomic<bool>& gone_;
};

TEST(Http, AClientThatGoesEndsItsStream) {
  std::atomic<bool> gone = false;
  RunningServer running;
  running.recorder.answer = [&](net::HttpRequest, std::function<void(net::HttpResponse)> reply) {
    net::HttpResponse response;
    response.pieces = std::make_shared<Flood>(gone);
    reply(std::move(response));
  };
  {
    Client client(running.port());
    ASSERT_TRUE(client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    client.read("xxxx");
    EXPECT_FALSE(gone);
  }
  for (int i = 0; i < 500 && !gone; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_TRUE(gone);
}

TEST(Http, ValidatorsOfTheCallerReachTheHandler) {
  RunningServer running;
  Client client(running.port());
  ASSERT_TRUE(client.write("GET / HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"a\"\r\nLast-Event-ID: 7\r\n\r\n"));
  client.status();
  auto seen = running.recorder.requests(1);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].header("if-none-match"), "\"a\"");
  EXPECT_EQ(seen[0].header("last-event-id"), "7");
}

}  // namespace
}  // namespace tripled::test
