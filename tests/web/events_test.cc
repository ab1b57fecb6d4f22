// The events of the store as a stream and as pages.
#include <future>
#include <thread>

#include "daemon/web/event_stream.h"
#include "tests/web/fixture.h"

namespace tripled::web {
namespace {

using testing::HasSubstr;

class EventsTest : public ApiTest {
 protected:
  std::int64_t happens(const std::string& kind, store::SweepId sweep = 0) {
    auto tx = must(store_.begin());
    auto sequence = must(tx.append_event({0, sweep, kind, R"({"kind":")" + kind + R"("})", 1000}));
    must(tx.commit());
    return sequence;
  }
  // A stream of an Api that lives as long as the test.
  std::shared_ptr<net::BodySource> listen(const std::string& query, const std::string& last_id = "") {
    net::HttpRequest request;
    request.method = "GET";
    request.target = "/api/v1/events" + query;
    request.identity = {"ann", Role::viewer};
    if (!last_id.empty()) request.headers["last-event-id"] = last_id;
    std::shared_ptr<net::BodySource> out;
    api->handle(std::move(request), [&](net::HttpResponse response) {
      status = response.status;
      out = response.pieces;
    });
    return out;
  }
  // The next piece; "(nothing)" when none came within the time.
  std::string next(net::BodySource& stream, std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    auto piece = std::make_shared<std::optional<std::string>>();
    stream.next([piece](std::string text) { *piece = std::move(text); });
    wait(*piece, limit);
    return piece->value_or("(nothing)");
  }
  void wait(const std::optional<std::string>& piece, std::chrono::milliseconds limit) {
    turn_until([&] { return piece.has_value(); }, limit);
  }
  template <class Condition>
  void turn_until(Condition condition, std::chrono::milliseconds limit) {
    auto deadline = std::chrono::steady_clock::now() + limit;
    while (!condition() && std::chrono::steady_clock::now() < deadline) {
      io.restart();
      if (io.run_for(std::chrono::milliseconds(10)) == 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));  // what comes is on another thread
    }
  }

  unsigned status = 0;
  std::unique_ptr<Api> api =
      std::make_unique<Api>(io, ApiOptions{database, Role::none, directory / "blobs"}, engine);
};

TEST_F(EventsTest, AStreamGoesOnBehindTheLastOneHeld) {
  auto first = happens("worker");
  happens("job-started");
  for (auto stream : {listen("?since=" + std::to_string(first)), listen("?since=0", std::to_string(first))}) {
    ASSERT_TRUE(stream);
    EXPECT_THAT(next(*stream), HasSubstr("retry: "));
    EXPECT_EQ(next(*stream), "id: 2\nevent: job-started\ndata: {\"kind\":\"job-started\"}\n\n");
  }
}

TEST_F(EventsTest, WhoNamesNoneIsToldWhatComes) {
  happens("worker");
  auto stream = listen("");
  next(*stream);
  auto piece = std::make_shared<std::optional<std::string>>();
  stream->next([piece](std::string text) { *piece = std::move(text); });
  wait(*piece, std::chrono::milliseconds(200));
  EXPECT_FALSE(*piece) << "the past is not told: " << **piece;
  happens("rerun");
  api->news();
  wait(*piece, std::chrono::seconds(5));
  ASSERT_TRUE(*piece);
  EXPECT_THAT(**piece, HasSubstr("event: rerun\n"));
}

TEST_F(EventsTest, OneSweepAlone) {
  auto one = add_sweep(), two = add_sweep();
  happens("job-started", one);
  happens("job-finished", two);
  auto stream = listen("?since=0&sweep=" + std::to_string(two));
  next(*stream);
  EXPECT_EQ(next(*stream), "id: 2\nevent: job-finished\ndata: {\"kind\":\"job-finished\"}\n\n");
}

TEST_F(EventsTest, WhatIsNotStoredAnyMoreIsSaidToBeLost) {
  for (int i = 0; i < 5; ++i) happens("worker");
  auto tx = must(store_.begin());
  must(tx.prune_events(2));
  must(tx.commit());
  auto stream = listen("?since=1");
  next(*stream);
  EXPECT_EQ(next(*stream).rfind("event: lost\n", 0), 0u);
  auto page = json(ask("GET", "/api/v1/events?format=json&since=1", Role::viewer));
  EXPECT_TRUE(page.at("lost").as_bool());
  EXPECT_EQ(page.at("events").as_array().size(), 2u);
  EXPECT_EQ(page.at("next").as_string(), "5");
  page = json(ask("GET", "/api/v1/events?format=json&since=5", Role::viewer));
  EXPECT_FALSE(page.at("lost").as_bool());
  EXPECT_TRUE(page.at("events").as_array().empty());
  EXPECT_TRUE(json(ask("GET", "/api/v1/events?format=json&since=99", Role::viewer)).at("lost").as_bool())
      << "an id of another store";
}

TEST_F(EventsTest, StreamsAreBoundedAndEndWithTheApi) {
  std::vector<std::shared_ptr<net::BodySource>> open;
  for (int i = 0; i < 64; ++i) open.push_back(listen(""));
  EXPECT_FALSE(listen(""));
  EXPECT_EQ(status, 503u);
  open.pop_back();
  auto last = listen("");
  ASSERT_TRUE(last);
  next(*last);
  auto piece = std::make_shared<std::optional<std::string>>();
  last->next([piece](std::string text) { *piece = std::move(text); });
  wait(*piece, std::chrono::milliseconds(100));
  api.reset();
  ASSERT_TRUE(*piece);
  EXPECT_EQ(**piece, "");
}

TEST_F(EventsTest, WrongQuestionsAreRefused) {
  EXPECT_EQ(ask("GET", "/api/v1/events?since=x", Role::viewer).status, 400u);
  EXPECT_EQ(ask("GET", "/api/v1/events?format=xml", Role::viewer).status, 400u);
  EXPECT_EQ(ask("GET", "/api/v1/events?sweep=0", Role::viewer).status, 400u);
}

// A report that takes long keeps no list waiting, and too many at once are told so.
TEST_F(EventsTest, LongReadsKeepNobodyWaiting) {
  std::promise<void> go;
  auto gate = go.get_future().share();
  auto answers = std::make_shared<std::vector<unsigned>>();
  net::HttpRequest request;
  request.method = "GET";
  Target target;
  auto read = [&](Api::Lane lane, std::function<net::HttpResponse(store::Reader&)> work) {
    api->read({request, target, {}, "ann", [answers](net::HttpResponse a) { answers->push_back(a.status); }},
              std::move(work), lane);
  };
  for (int i = 0; i < 70; ++i)
    read(Api::Lane::documents, [gate](store::Reader&) {
      gate.wait();
      return net::HttpResponse{};
    });
  EXPECT_EQ(*answers, std::vector<unsigned>(6, 503)) << "the queue is bounded";
  answers->clear();
  read(Api::Lane::lists, [](store::Reader&) { return net::HttpResponse{201, "text/plain", ""}; });
  turn_until([&] { return !answers->empty(); }, std::chrono::seconds(10));
  EXPECT_EQ(*answers, std::vector<unsigned>{201});
  go.set_value();
}

}  // namespace
}  // namespace tripled::web
