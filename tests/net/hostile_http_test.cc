// Fault list 29 and 30: clients that are slow, greedy, broken or nobody; and what the others notice of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>

#include "tests/net/client.h"
#include "tests/net/fixture.h"
#include "tests/net/raw_socket.h"

namespace tripled::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

net::ServerOptions impatient() {
  net::ServerOptions options;
  options.header_deadline = 1s;
  options.idle_deadline = 1s;
  options.stall_deadline = 500ms;
  options.body_deadline = 1500ms;
  options.refusal_deadline = 1s;
  return options;
}

std::string request(const std::string& lines, const std::string& method = "GET") {
  return method + " / HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n";
}

// How long an honest request takes; the connection is its own.
std::chrono::milliseconds honest(std::uint16_t port) {
  const auto begin = std::chrono::steady_clock::now();
  RawSocket socket(port, "127.0.0.9");
  EXPECT_TRUE(socket.write(request("Connection: close\r\n")));
  EXPECT_EQ(socket.status(), 401u);
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
}

std::size_t as_many_as_descriptors_allow(std::size_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 8192);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return std::min<std::size_t>(wanted, (limit.rlim_cur - 100) / 2);  // both ends are ours
}

TEST(HostileHttp, AThousandThatNeverFinishTheirHeadersHarmNobody) {
  RunningServer running(impatient());
  const auto descriptors = open_descriptors();
  std::vector<RawSocket> slow;
  const auto many = as_many_as_descriptors_allow(1000);
  for (std::size_t i = 0; i < many; ++i) {
    slow.emplace_back(running.port());
    slow.back().write("GET / HTTP/1.1\r\nHost: h\r\nX-" + std::to_string(i) + ": ");
  }
  std::vector<std::chrono::milliseconds> took;
  for (int i = 0; i < 100; ++i) took.push_back(honest(running.port()));
  std::sort(took.begin(), took.end());
  EXPECT_LT(took[98], 100ms) << "of " << many << " slow ones";
  EXPECT_EQ(slow.front().status(), 408u);
  EXPECT_EQ(slow.back().status(), 408u);
  slow.clear();
  for (int i = 0; i < 100 && open_descriptors() > descriptors; ++i) std::this_thread::sleep_for(50ms);
  EXPECT_EQ(open_descriptors(), descriptors);
}

TEST(HostileHttp, ByteByByteIsTooSlowAsAWhole) {
  RunningServer running(impatient());
  RawSocket socket(running.port());
  const auto begin = std::chrono::steady_clock::now();
  for (char c : std::string("GET / HTTP/1.1\r\nHost: h\r\nX: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")) {
    if (!socket.write(std::string(1, c))) break;
    std::this_thread::sleep_for(50ms);
    if (std::chrono::steady_clock::now() - begin > 1500ms) break;
  }
  EXPECT_EQ(socket.status(), 408u);
  EXPECT_TRUE(running.recorder.requests(0).empty());
}

TEST(HostileHttp, WhoSaysNothingIsClosedWithoutAWord) {
  RunningServer running(impatient());
  RawSocket socket(running.port());
  EXPECT_EQ(socket.read_all(10), "");
  RawSocket kept(running.port());
  ASSERT_TRUE(kept.write(request("")));
  EXPECT_EQ(kept.status(10), 401u);  // and ends when no second request comes
}

TEST(HostileHttp, BodyThatStallsOrDripsIsGivenUp) {
  RunningServer running(impatient());
  RawSocket stalls(running.port());
  ASSERT_TRUE(
      stalls.write(request("Authorization: " + bearer + "\r\nContent-Length: 100\r\n", "PUT") + "half"));
  EXPECT_EQ(stalls.status(10), 408u);
  RawSocket drips(running.port());
  ASSERT_TRUE(drips.write(request("Authorization: " + bearer + "\r\nContent-Length: 100\r\n", "PUT")));
  const auto begin = std::chrono::steady_clock::now();
  while (drips.write("x") && std::chrono::steady_clock::now() - begin < 1800ms)
    std::this_thread::sleep_for(100ms);
  EXPECT_EQ(drips.status(10), 408u);
  EXPECT_TRUE(running.recorder.requests(0).empty());
}

TEST(HostileHttp, AnswerThatNobodyReadsIsGivenUp) {
  RunningServer running(impatient());
  running.recorder.answer = [](net::HttpRequest, auto reply) {
    reply({200, "text/plain", std::string(64u << 20, 'x')});
  };
  const auto descriptors = open_descriptors();
  RawSocket socket(running.port());
  ASSERT_TRUE(socket.write(request("")));
  for (int i = 0; i < 200 && open_descriptors() > descriptors + 1; ++i) std::this_thread::sleep_for(50ms);
  EXPECT_EQ(open_descriptors(), descriptors + 1) << "the server's end is closed, ours is not";
}

TEST(HostileHttp, WhatIsNoRequestIsRefusedWithItsOwnNumber) {
  RunningServer running(impatient());
  const std::string body = "5\r\nhello\r\n0\r\n\r\n";
  const std::vector<std::pair<std::string, unsigned>> cases = {
      {"nonsense\r\n\r\n", 400},
      {"GET / HTTP/9.9\r\n\r\n", 400},
      {"GET  HTTP/1.1\r\n\r\n", 400},
      {request("no colon\r\n"), 400},
      {request("Content-Length: -1\r\n", "PUT"), 400},
      {request("Content-Length: 5\r\nContent-Length: 6\r\n", "PUT"), 400},
      {request("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "PUT") + body, 400},
      {request("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "PUT") + body, 400},
      {request("X: " + std::string(20'000, 'x') + "\r\n"), 431},
      {request("Authorization: " + bearer + "\r\nTransfer-Encoding: chunked\r\n", "PUT") + "zz\r\n", 400},
      {request("Authorization: " + bearer + "\r\nContent-Length: 99999999999\r\n", "PUT"), 413},
  };
  for (const auto& [bytes, status] : cases) {
    RawSocket socket(running.port());
    ASSERT_TRUE(socket.write(bytes));
    EXPECT_EQ(socket.status(10), status) << bytes.substr(0, 100);
  }
  EXPECT_TRUE(running.recorder.requests(0).empty());
}

TEST(HostileHttp, OneAddressDoesNotTakeAllConnections) {
  auto options = impatient();
  options.idle_deadline = 30s;
  options.max_connections_per_peer = 3;
  RunningServer running(options);
  std::vector<RawSocket> greedy;
  for (int i = 0; i < 6; ++i) greedy.emplace_back(running.port());
  std::this_thread::sleep_for(300ms);  // until all were looked at
  std::size_t closed = 0;
  for (auto& socket : greedy)
    closed += socket.write(request("Connection: close\r\n")) && socket.status(5) == 401 ? 0 : 1;
  EXPECT_EQ(closed, 3u);
  EXPECT_LT(honest(running.port()), 1000ms);
}

TEST(HostileHttp, BodiesAreBoundedAllTogether) {
  auto options = impatient();
  options.stall_deadline = options.body_deadline = 3s;
  options.max_body_bytes = 1000;
  options.max_all_bodies_bytes = 1500;
  RunningServer running(options);
  const auto put =
      request("Connection: close\r\nAuthorization: " + bearer + "\r\nContent-Length: 1000\r\n", "PUT");
  RawSocket first(running.port()), second(running.port());
  ASSERT_TRUE(first.write(put));
  std::this_thread::sleep_for(200ms);
  ASSERT_TRUE(second.write(put));
  EXPECT_EQ(second.status(5), 503u);
  ASSERT_TRUE(first.write(std::string(1000, 'x')));
  EXPECT_EQ(first.status(5), 204u);
  RawSocket third(running.port());
  ASSERT_TRUE(third.write(put + std::string(1000, 'x')));
  EXPECT_EQ(third.status(5), 204u);
}

TEST(HostileHttp, TokenElsewhereThanInItsHeaderIsNone) {
  RunningServer running(impatient());
  for (const auto& bytes :
       {"GET /?token=" + std::string(token) + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        request("Cookie: token=" + std::string(token) + "\r\nConnection: close\r\n"),
        request("X-Authorization: " + bearer + "\r\nConnection: close\r\n")}) {
    RawSocket socket(running.port());
    ASSERT_TRUE(socket.write(bytes));
    EXPECT_EQ(socket.status(5), 401u) << bytes;
  }
}

TEST(HostileHttp, TokenGoesNoFurtherThanTheServer) {
  RunningServer running(impatient());
  RawSocket socket(running.port());
  ASSERT_TRUE(
      socket.write(request("Connection: close\r\nAuthorization: " + bearer + "\r\nX-Other: value\r\n")));
  EXPECT_EQ(socket.status(5), 204u);
  auto seen = running.recorder.requests(1);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].header("x-other"), "value");
  for (const auto& [name, value] : seen[0].headers) EXPECT_THAT(name + value, Not(HasSubstr(token)));
}

TEST(HostileHttp, PageOfSomebodyElseOpensNoWorkersConnection) {
  RunningServer running(impatient());
  RawSocket socket(running.port());
  ASSERT_TRUE(
      socket.write("GET /worker HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                   "Origin: https://elsewhere.example\r\nAuthorization: " +
                   bearer + "\r\n\r\n"));
  EXPECT_EQ(socket.status(5), 403u);
  EXPECT_TRUE(running.recorder.closed(0).empty());
}

}  // namespace
}  // namespace tripled::test
