// Workers' WebSockets: who is let in, what is refused, order, bounds and closing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/net/client.h"
#include "tests/net/fixture.h"

namespace tripled::test {
namespace {

using testing::HasSubstr;

std::string heartbeat(std::int64_t n) {
  wire::Heartbeat message;
  message.leases = {n};
  return wire::encode(wire::WorkerMessage(message));
}

std::int64_t number_of(const Recorder::Message& m) {
  return std::get<wire::Heartbeat>(m.message).leases.at(0);
}

// `size` bytes or a few more.
wire::DaemonMessage large_message(const std::string& id, std::size_t size) {
  wire::Ask ask;
  ask.id = id;
  ask.body = std::string(size, 'x');
  return ask;
}

class Session : public testing::Test {
 protected:
  // A client that was let in, and the number the server gave it.
  std::pair<std::unique_ptr<Client>, net::SessionId> enter() {
    auto client = std::make_unique<Client>(running.port());
    EXPECT_EQ(client->upgrade(bearer), 101u);
    EXPECT_TRUE(client->send(heartbeat(0)));
    auto seen = running.recorder.messages(++entered);
    EXPECT_EQ(seen.size(), entered);
    EXPECT_EQ(running.recorder.token_of(seen.back().session), "w1");
    return {std::move(client), seen.back().session};
  }

  RunningServer running;
  std::size_t entered = 0;
};

TEST_F(Session, NeedsTheTokenAndTheRightPath) {
  const std::string shorter = bearer.substr(0, bearer.size() - 1);
  for (const std::string& wrong :
       {std::string(), std::string(token), shorter, bearer + "x", "Basic " + std::string(token),
        std::string("Bearer "), std::string("Bearer")}) {
    Client client(running.port());
    EXPECT_EQ(client.upgrade(wrong), 401u) << "`" << wrong << "`";
    EXPECT_TRUE(client.closed());
  }
  Client elsewhere(running.port());
  EXPECT_NE(elsewhere.upgrade(bearer, "/"), 101u);
  Client right(running.port());
  EXPECT_EQ(right.upgrade(bearer), 101u);
  EXPECT_TRUE(running.recorder.messages(0).empty());
  EXPECT_TRUE(running.recorder.closed(0).empty());  // who was not let in is no worker that left
}

TEST_F(Session, MessagesArriveInOrderBothWays) {
  auto [client, id] = enter();
  for (int i = 1; i <= 2000; ++i) ASSERT_TRUE(client->send(heartbeat(i)));
  auto seen = running.recorder.messages(2001);
  ASSERT_EQ(seen.size(), 2001u);
  for (int i = 0; i <= 2000; ++i) ASSERT_EQ(number_of(seen[static_cast<std::size_t>(i)]), i);

  running.on_io([session = id](net::Server& server) {
    for (int i = 0; i < 2000; ++i) server.send(session, wire::Ack{std::to_string(i)});
  });
  for (int i = 0; i < 2000; ++i) {
    auto frame = client->receive();
    ASSERT_TRUE(frame) << i;
    auto message = wire::decode_daemon_message(*frame);
    ASSERT_TRUE(message);
    ASSERT_EQ(std::get<wire::Ack>(*message).attempt, std::to_string(i));
  }
}

TEST_F(Session, EachIsItsOwn) {
  auto [first, first_id] = enter();
  auto [second, second_id] = enter();
  EXPECT_NE(first_id, second_id);
  running.on_io([a = first_id, b = second_id](net::Server& server) {
    server.send(b, wire::Ack{"for the second"});
    server.send(a, wire::Ack{"for the first"});
    server.send(12345, wire::Ack{"for nobody"});
  });
  EXPECT_THAT(first->receive().value_or("nothing"), HasSubstr("for the first"));
  EXPECT_THAT(second->receive().value_or("nothing"), HasSubstr("for the second"));
}

TEST_F(Session, GarbageEndsThatSessionAloneAndSaysWhy) {
  auto [good, good_id] = enter();
  std::size_t ended = 0;
  for (const std::string& garbage :
       {std::string("no JSON"), std::string("[]"), std::string("{}"), std::string(R"({"type":"nonsense"})"),
        std::string(R"({"type":"Heartbeat","leases":"all"})"), std::string(), std::string(100'000, '[')}) {
    auto [bad, bad_id] = enter();
    ASSERT_TRUE(bad->send(garbage));
    EXPECT_TRUE(bad->closed()) << garbage.substr(0, 60);
    auto closed = running.recorder.closed(++ended);
    ASSERT_EQ(closed.size(), ended) << garbage.substr(0, 60);
    EXPECT_EQ(closed.back().session, bad_id);
    EXPECT_NE(closed.back().why, "");
  }
  ASSERT_TRUE(good->send(heartbeat(77)));
  auto seen = running.recorder.messages(entered + 1);
  ASSERT_EQ(seen.size(), entered + 1);
  EXPECT_EQ(number_of(seen.back()), 77);
  running.on_io([id = good_id](net::Server& server) { server.send(id, wire::Ack{"still here"}); });
  EXPECT_THAT(good->receive().value_or("nothing"), HasSubstr("still here"));
}

TEST_F(Session, FrameAboveTheBoundEndsTheSession) {
  auto [client, id] = enter();
  // The other side may close before all of it is written.
  client->send(std::string(wire::max_frame_bytes + 1, ' '));
  EXPECT_TRUE(client->closed());
  auto closed = running.recorder.closed(1);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].session, id);
  EXPECT_EQ(running.recorder.messages(0).size(), 1u);
}

TEST_F(Session, LargeFrameBelowTheBoundComesThrough) {
  auto [client, id] = enter();
  wire::Answer answer;
  answer.id = "q1";
  answer.body = std::string(20u << 20, 'x');
  ASSERT_TRUE(client->send(wire::encode(wire::WorkerMessage(answer))));
  auto seen = running.recorder.messages(2);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(std::get<wire::Answer>(seen[1].message).body.as_string().size(), 20u << 20);
}

TEST_F(Session, ThatLeavesIsReportedOnce) {
  auto [client, id] = enter();
  client.reset();
  auto closed = running.recorder.closed(1);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].session, id);
  running.on_io([session = id](net::Server& server) {
    server.send(session, wire::Ack{"too late"});
    server.close(session);
  });
  EXPECT_EQ(running.recorder.closed(1).size(), 1u);
}

TEST_F(Session, CloseSendsWhatIsQueuedFirst) {
  auto [client, id] = enter();
  running.on_io([session = id](net::Server& server) {
    for (int i = 0; i < 50; ++i) server.send(session, large_message(std::to_string(i), 100'000));
    wire::Goodbye goodbye;
    goodbye.reason = "the last word";
    server.send(session, goodbye);
    server.close(session);
    server.send(session, wire::Ack{"after the end"});
  });
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(client->receive()) << i;
  EXPECT_THAT(client->receive().value_or("nothing"), HasSubstr("the last word"));
  EXPECT_TRUE(client->closed());
  EXPECT_EQ(running.recorder.closed(1).size(), 1u);
}

TEST_F(Session, StopEndsEverySessionAndTheListening) {
  auto [first, first_id] = enter();
  auto [second, second_id] = enter();
  running.on_io([](net::Server& server) { server.stop(); });
  EXPECT_TRUE(first->closed());
  EXPECT_TRUE(second->closed());
  EXPECT_EQ(running.recorder.closed(2).size(), 2u);
  EXPECT_FALSE(Client(running.port()).connected());
}

// A worker that does not read: what waits for it is bounded, and the others do not notice.
TEST(SlowReader, IsCutOffAtTheBoundAndTheOthersGoOn) {
  net::ServerOptions options;
  options.max_queued_bytes = 8u << 20;
  RunningServer running(options);
  Client slow(running.port()), good(running.port());
  ASSERT_EQ(slow.upgrade(bearer), 101u);
  ASSERT_TRUE(slow.send(heartbeat(1)));
  ASSERT_EQ(running.recorder.messages(1).size(), 1u);
  ASSERT_EQ(good.upgrade(bearer), 101u);
  ASSERT_TRUE(good.send(heartbeat(2)));
  auto seen = running.recorder.messages(2);
  ASSERT_EQ(seen.size(), 2u);
  const auto slow_id = seen[0].session, good_id = seen[1].session;

  running.on_io([&](net::Server& server) {
    for (int i = 0; i < 200; ++i) server.send(slow_id, large_message("m", 1u << 20));
  });
  auto closed = running.recorder.closed(1);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].session, slow_id);
  std::size_t got = 0;
  while (slow.receive()) ++got;
  EXPECT_LT(got, 30u);
  running.on_io([&](net::Server& server) { server.send(good_id, wire::Ack{"for the reader"}); });
  EXPECT_THAT(good.receive().value_or("nothing"), HasSubstr("for the reader"));
}

}  // namespace
}  // namespace tripled::test
