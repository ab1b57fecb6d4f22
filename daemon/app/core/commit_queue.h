// Group commit: what one burst of events wants written leaves in one synced transaction, and only then is
// said what was to be said of it (DESIGN.md, "persist, then send"). Writes and actions keep their one order.
// A transaction that did not commit stays as it is, to be tried again before anything that came later. io
// thread only.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <variant>

#include "daemon/store/store.h"

namespace tripled::app {

class CommitQueue {
 public:
  // May be called more than once for one write (after a rollback), with the same effect.
  using Write = std::function<Status(store::Transaction&)>;
  using Action = std::function<void()>;
  static constexpr std::size_t most_writes = 1000;
  static constexpr std::chrono::milliseconds longest_wait{5}, longest_delay{100};
  static constexpr std::chrono::milliseconds next_message{2};

  // `failed`: a transaction that the queue began by itself did not commit; everything is still there.
  CommitQueue(boost::asio::io_context& io, store::Store& store, std::function<void(const Error&)> failed)
      : io_(io), store_(store), failed_(std::move(failed)), delay_(io) {}

  void write(Write write);
  // After everything that was to be written before it; at once when nothing is.
  void then(Action action);
  // One event is through: the queue may commit now, or wait for the others of the burst. Never between the
  // writes of one event.
  void event_done();
  // The same of an event that a crash may lose and that nobody waits for, or whose sender is just saying
  // more: it leaves with the next one's commit, or alone after `at_most`.
  void event_can_wait(std::chrono::milliseconds at_most = longest_delay);
  // Now, and everything. Actions that it runs may add to the queue; that leaves later.
  Status flush();

  std::size_t waiting() const { return items_.size(); }
  std::uint64_t commits() const { return commits_; }

 private:
  void schedule();
  void turn(std::size_t seen, int quiet);
  Status commit(std::size_t items);

  boost::asio::io_context& io_;
  store::Store& store_;
  std::function<void(const Error&)> failed_;
  std::deque<std::variant<Write, Action>> items_;
  std::size_t writes_ = 0;
  std::uint64_t commits_ = 0;
  std::chrono::steady_clock::time_point since_;  // of the oldest item
  bool scheduled_ = false, flushing_ = false, delayed_ = false;
  boost::asio::steady_timer delay_;
};

}  // namespace tripled::app
