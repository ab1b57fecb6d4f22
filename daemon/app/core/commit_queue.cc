#include "daemon/app/core/commit_queue.h"

#include <utility>

namespace tripled::app {

namespace asio = boost::asio;

void CommitQueue::write(Write write) {
  items_.emplace_back(std::in_place_index<0>, std::move(write));
  ++writes_;
}

void CommitQueue::then(Action action) {
  if (items_.empty() && !flushing_) return action();
  items_.emplace_back(std::in_place_index<1>, std::move(action));
}

void CommitQueue::event_done() {
  if (items_.empty() || flushing_) return;
  if (writes_ < most_writes) return schedule();
  if (auto status = flush(); !status) failed_(status.error());
}

void CommitQueue::event_can_wait(std::chrono::milliseconds at_most) {
  if (items_.empty() || flushing_ || scheduled_) return;
  if (writes_ >= most_writes) return event_done();
  const auto due = std::chrono::steady_clock::now() + at_most;
  if (std::exchange(delayed_, true) && delay_.expiry() <= due) return;
  delay_.expires_at(due);
  delay_.async_wait([this](boost::system::error_code ec) {
    if (ec) return;
    delayed_ = false;
    event_done();
  });
}

// A frame that is being read may need a turn of the io_context before it becomes an event: two turns in which
// nothing came are the end of a burst.
void CommitQueue::schedule() {
  if (scheduled_) return;
  scheduled_ = true;
  since_ = std::chrono::steady_clock::now();
  asio::post(io_, [this, seen = items_.size()] { turn(seen, 0); });
}

void CommitQueue::turn(std::size_t seen, int quiet) {
  quiet = items_.size() == seen ? quiet + 1 : 0;
  bool late = std::chrono::steady_clock::now() - since_ >= longest_wait;
  if (quiet < 2 && !late && !items_.empty()) {
    asio::post(io_, [this, now = items_.size(), quiet] { turn(now, quiet); });
    return;
  }
  scheduled_ = false;
  if (auto status = flush(); !status) failed_(status.error());
}

Status CommitQueue::flush() {
  if (items_.empty() || flushing_) return {};
  const std::size_t count = items_.size();
  if (writes_ > 0) {
    TRIPLED_TRY(commit(count));
    writes_ = 0;
    ++commits_;
  }
  flushing_ = true;
  for (std::size_t i = 0; i < count; ++i) {
    auto item = std::move(items_.front());
    items_.pop_front();
    if (auto* action = std::get_if<1>(&item)) (*action)();
  }
  flushing_ = false;
  if (!items_.empty()) schedule();
  return {};
}

Status CommitQueue::commit(std::size_t items) {
  TRIPLED_ASSIGN(store::Transaction tx, store_.begin());
  for (std::size_t i = 0; i < items; ++i)
    if (auto* write = std::get_if<0>(&items_[i])) TRIPLED_TRY((*write)(tx));
  return tx.commit();
}

}  // namespace tripled::app
