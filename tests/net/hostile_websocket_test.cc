// Fault list 28: frames that no worker sends. The connection ends with the right word, and nothing grows.
#include <gtest/gtest.h>

#include "tests/net/fixture.h"
#include "tests/net/raw_socket.h"

namespace tripled::test {
namespace {

using namespace std::chrono_literals;

// A frame as a client sends it, masked with zeros. `length`: what its header says, if not the truth.
std::string frame(int first_byte, const std::string& payload, std::uint64_t length = 0) {
  if (length == 0) length = payload.size();
  std::string out(1, static_cast<char>(first_byte));
  if (length < 126) {
    out += static_cast<char>(0x80 | length);
  } else {
    out += static_cast<char>(0x80 | 127);
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(length >> shift);
  }
  return out + std::string(4, '\0') + payload;
}

constexpr int kText = 0x81, kTextBegins = 0x01, kGoesOn = 0x00, kPing = 0x89;

class HostileWebSocket : public testing::Test {
 protected:
  HostileWebSocket() {
    net::ServerOptions options;
    options.silence = 2s;
    options.refusal_deadline = 1s;
    running = std::make_unique<RunningServer>(options);
  }
  RawSocket upgraded() {
    RawSocket socket(running->port());
    EXPECT_TRUE(
        socket.write("GET /worker HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                     "Authorization: " +
                     bearer + "\r\n\r\n"));
    EXPECT_EQ(socket.read_until("\r\n\r\n").rfind("HTTP/1.1 101", 0), 0u);
    return socket;
  }
  // Why the server closed: the number in its closing frame, 0 when there was none.
  static int close_code(RawSocket& socket, int seconds = 15) {
    auto all = socket.read_all(seconds);
    for (std::size_t at = 0; at + 2 <= all.size();) {
      const int op = all[at] & 0x0f;
      const auto size = static_cast<std::size_t>(all[at + 1] & 0x7f);
      if (op == 8 && size >= 2 && at + 4 <= all.size())
        return (static_cast<unsigned char>(all[at + 2]) << 8) | static_cast<unsigned char>(all[at + 3]);
      at += 2 + size;
    }
    return 0;
  }
  int answer_to(const std::string& bytes) {
    auto socket = upgraded();
    socket.write(bytes);
    socket.finish();
    return close_code(socket);
  }

  std::unique_ptr<RunningServer> running;
};

TEST_F(HostileWebSocket, FrameOfATebibyteIsRefusedByItsHeader) {
  const auto before = resident_bytes();
  EXPECT_EQ(answer_to(frame(kText, "x", 1ull << 40)), 1009);
  EXPECT_LT(resident_bytes(), before + (16u << 20));
}

TEST_F(HostileWebSocket, FragmentsWithoutEndAreAddedUp) {
  auto socket = upgraded();
  ASSERT_TRUE(socket.write(frame(kTextBegins, "[")));
  const auto fragment = frame(kGoesOn, std::string(1u << 20, ' '));
  std::size_t sent = 0;
  while (sent < 200 && socket.write(fragment)) ++sent;
  EXPECT_LT(sent, 100u);
  EXPECT_TRUE(running->recorder.messages(0).empty());
  EXPECT_EQ(running->recorder.closed(1).size(), 1u);
}

TEST_F(HostileWebSocket, EmptyFragmentsCostNothing) {
  const auto before = resident_bytes();
  auto socket = upgraded();
  std::string many = frame(kTextBegins, "");
  for (int i = 0; i < 100'000; ++i) many += frame(kGoesOn, "");
  socket.write(many);
  EXPECT_LT(resident_bytes(), before + (32u << 20));
  EXPECT_EQ(answer_to(frame(kText, "{}")), 1008) << "others are served meanwhile";
}

TEST_F(HostileWebSocket, PingsWhoseAnswersNobodyReadsDoNotPileUp) {
  const auto before = resident_bytes();
  {
    auto socket = upgraded();
    std::string many;
    for (int i = 0; i < 10'000; ++i) many += frame(kPing, std::string(100, 'p'));
    for (int i = 0; i < 20 && socket.write(many); ++i) continue;
    EXPECT_LT(resident_bytes(), before + (32u << 20));
  }
  EXPECT_EQ(running->recorder.closed(1).size(), 1u);
}

TEST_F(HostileWebSocket, ViolationsOfTheProtocolAreCalledSo) {
  EXPECT_EQ(answer_to(std::string("\x81\x02{}", 4)), 1002) << "not masked";
  EXPECT_EQ(answer_to(frame(0x83, "x")), 1002) << "an opcode that is none";
  EXPECT_EQ(answer_to(frame(0xc1, "x")), 1002) << "a reserved bit";
  EXPECT_EQ(answer_to(frame(kGoesOn | 0x80, "x")), 1002) << "goes on with nothing";
  EXPECT_EQ(answer_to(frame(0x09, "x")), 1002) << "a ping in pieces";
  EXPECT_EQ(answer_to(frame(kText, "\xff\xfe")), 1007) << "no UTF-8";
}

TEST_F(HostileWebSocket, MessagesThatAreNoneAreAgainstThePolicy) {
  for (const char* text :
       {"", "[]", "{}", R"({"type":"nonsense"})", R"({"type":"Heartbeat","leases":"all"})"})
    EXPECT_EQ(answer_to(frame(kText, text)), 1008) << text;
  EXPECT_EQ(answer_to(frame(kText, std::string(100'000, '['))), 1008);
  EXPECT_TRUE(running->recorder.messages(0).empty());
}

TEST_F(HostileWebSocket, WhoAnswersNoPingIsGivenUp) {
  auto socket = upgraded();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(running->recorder.closed(1).size(), 1u);
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GT(took, 1s);
  EXPECT_LT(took, 6s);
}

}  // namespace
}  // namespace tripled::test
