// Group commit: a burst leaves in one transaction, nothing is said before its commit, and what met a full
// disk is tried again as it was, before anything that came later.
#include "daemon/app/core/commit_queue.h"

#include "tests/store/fixture.h"

namespace tripled::app {
namespace {

class CommitQueueTest : public store::WritingTest {
 protected:
  CommitQueueTest() : queue(io, store, [this](const Error& error) { failures.push_back(error.message()); }) {}

  void put(const std::string& key, const std::string& value = "1") {
    queue.write([key, value](store::Transaction& tx) { return tx.set_meta(key, value); });
  }
  void say(const std::string& word) {
    queue.then([this, word] { said.push_back(word); });
  }
  std::string stored(const std::string& key) { return must(reader().meta(key)).value_or("-"); }
  void turn() {
    io.restart();
    io.run();
  }
  // Neither compressible nor small.
  static std::string much() {
    std::string noise;
    for (unsigned i = 0, x = 1; i < 400'000; ++i)
      noise.push_back(static_cast<char>('a' + (x = x * 1664525 + 1) % 26));
    return noise;
  }
  template <class T>
  static T must(Result<T> result) {
    return store::must(std::move(result));
  }

  boost::asio::io_context io;
  CommitQueue queue;
  std::vector<std::string> said, failures;
};

TEST_F(CommitQueueTest, ABurstIsOneTransactionAndItsWordsComeAfterIt) {
  for (int i = 0; i < 40; ++i)
    boost::asio::post(io, [this, i] {
      put("k" + std::to_string(i));
      queue.then([this, i] { said.push_back(stored("k" + std::to_string(i))); });
      queue.event_done();
    });
  turn();
  EXPECT_EQ(queue.commits(), 1u);
  ASSERT_EQ(said.size(), 40u);
  for (const auto& word : said) EXPECT_EQ(word, "1");
}

// Like frames of one socket: each is read only after the one before it was handled.
TEST_F(CommitQueueTest, EventsThatFollowEachOtherAreOneBurst) {
  int left = 20;
  std::function<void()> next = [&] {
    put("n" + std::to_string(left));
    queue.event_done();
    if (--left > 0) boost::asio::post(io, next);
  };
  boost::asio::post(io, next);
  turn();
  EXPECT_EQ(left, 0);
  EXPECT_EQ(queue.commits(), 1u);
  EXPECT_EQ(stored("n1"), "1");
}

TEST_F(CommitQueueTest, WhatCanWaitLeavesWithTheNextCommitOrAlone) {
  put("early");
  queue.event_can_wait();
  EXPECT_EQ(stored("early"), "-");
  put("next");
  queue.event_done();
  io.restart();
  for (int i = 0; i < 20 && queue.commits() == 0; ++i) io.poll();
  EXPECT_EQ(queue.commits(), 1u);
  EXPECT_EQ(stored("early"), "1") << "in the order in which it came";
  put("alone");
  queue.event_can_wait();
  turn();
  EXPECT_EQ(stored("alone"), "1");
  EXPECT_EQ(queue.commits(), 2u);
}

TEST_F(CommitQueueTest, WhatWaitsForTheNextMessageDoesNotWaitAsLongAsNews) {
  put("news");
  queue.event_can_wait(std::chrono::hours(1));
  put("last result");
  queue.event_can_wait(CommitQueue::next_message);
  EXPECT_EQ(stored("last result"), "-") << "what follows leaves in the same commit";
  queue.event_can_wait(std::chrono::hours(1));  // a longer wait changes nothing
  io.restart();
  io.run_for(std::chrono::seconds(20));
  EXPECT_EQ(stored("news"), "1");
  EXPECT_EQ(stored("last result"), "1");
  EXPECT_EQ(queue.commits(), 1u);
}

TEST_F(CommitQueueTest, NothingWaitsLongerThanAFewMilliseconds) {
  auto started = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point committed{};
  std::function<void()> busy = [&] {
    if (committed == std::chrono::steady_clock::time_point{} &&
        std::chrono::steady_clock::now() - started < std::chrono::seconds(5)) {
      put("busy");
      queue.event_done();
      boost::asio::post(io, busy);
    }
  };
  queue.write([](store::Transaction& tx) { return tx.set_meta("first", "1"); });
  queue.then([&] { committed = std::chrono::steady_clock::now(); });
  queue.event_done();
  boost::asio::post(io, busy);
  turn();
  EXPECT_LT(committed - started, std::chrono::seconds(1));
  EXPECT_EQ(stored("first"), "1");
}

TEST_F(CommitQueueTest, AThousandWritesDoNotWaitForTheEndOfTheBurst) {
  for (std::size_t i = 0; i < CommitQueue::most_writes; ++i) put("k");
  say("done");
  queue.event_done();
  EXPECT_EQ(said, std::vector<std::string>{"done"}) << "without a turn of the io_context";
}

TEST_F(CommitQueueTest, WordsWithoutWritesWaitOnlyForThoseBefore) {
  say("at once");
  EXPECT_EQ(said, std::vector<std::string>{"at once"});
  put("k");
  say("behind k");
  queue.event_done();
  EXPECT_EQ(said.size(), 1u);
  turn();
  EXPECT_EQ(said.back(), "behind k");
}

TEST_F(CommitQueueTest, AFullDiskKeepsEverythingInOrder) {
  store::must(store.limit_pages(1));
  put("k", "first");
  put("large", much());
  say("first");
  queue.event_done();
  turn();
  EXPECT_EQ(failures.size(), 1u);
  EXPECT_EQ(store.health(), store::Health::disk_full);
  EXPECT_EQ(stored("k"), "-") << "all of it or nothing";
  put("k", "second");
  say("second");
  queue.event_done();
  turn();
  EXPECT_EQ(failures.size(), 2u);
  EXPECT_TRUE(said.empty());

  store::must(store.limit_pages(0));
  ASSERT_TRUE(queue.flush());
  EXPECT_EQ(said, (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(stored("k"), "second");
  EXPECT_EQ(queue.waiting(), 0u);
}

}  // namespace
}  // namespace tripled::app
