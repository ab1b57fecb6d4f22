#include "daemon/web/event_stream.h"

#include "daemon/web/documents.h"
#include "schema/base/text.h"

namespace tripled::web {

static constexpr std::size_t kMostStreams = 64;
static constexpr std::chrono::seconds kHeartbeat{15};
// A burst of news is one look.
static constexpr std::chrono::milliseconds kSettle{50};
static constexpr std::chrono::seconds kAfterTrouble{1};

Result<EventPage> read_events(store::Reader& reader, const EventQuery& query) {
  TRIPLED_ASSIGN(auto counters, reader.id_counters());
  TRIPLED_ASSIGN(auto oldest, reader.oldest_event());
  EventPage out;
  out.last = query.since.value_or(counters.event);
  if (!query.since) return out;
  if (*query.since > counters.event) {  // of another store
    out.lost = true;
    out.last = counters.event;
    return out;
  }
  out.lost = *query.since + 1 < oldest.value_or(counters.event + 1);
  TRIPLED_ASSIGN(out.events, reader.events(*query.since, query.sweep, query.limit));
  if (!out.events.empty())
    out.last = out.events.back().sequence;
  else
    out.last = counters.event;  // none of that sweep's is among them
  return out;
}

static std::string frame(const EventPage& page) {
  std::string out;
  if (page.lost) out += "event: lost\ndata: {\"kind\":\"lost\"}\n\n";
  for (const auto& event : page.events) {
    out += "id: " + std::to_string(event.sequence) + "\nevent: " + event.kind + "\n";
    for (const auto& line : split(event.json, '\n')) out += "data: " + line + "\n";
    out += "\n";
  }
  return out;
}

class EventFeed::Stream : public net::BodySource, public std::enable_shared_from_this<Stream> {
 public:
  Stream(std::weak_ptr<EventFeed> feed, boost::asio::io_context& io, EventQuery query)
      : feed_(std::move(feed)), timer_(io), query_(query) {}

  void next(std::function<void(std::string)> done) override {
    done_ = std::move(done);
    if (!std::exchange(begun_, true)) return give("retry: 3000\n\n");  // the head leaves at once
    look();
  }
  void wake() {
    if (!std::exchange(waiting_, false)) {
      woken_ = true;  // the look that is on its way may have come too early
      return;
    }
    look_after(kSettle);
  }
  void end() {
    waiting_ = false;
    timer_.cancel();
    if (done_) give("");
  }

 private:
  void give(std::string piece) { std::exchange(done_, nullptr)(std::move(piece)); }

  void look() {
    auto feed = feed_.lock();
    if (!feed || !feed->read_) return give("");
    woken_ = false;
    feed->read_(query_, [weak = weak_from_this()](Result<EventPage> page) {
      if (auto self = weak.lock()) self->took(std::move(page));
    });
  }
  void took(Result<EventPage> page) {
    if (!done_) return;  // it was ended
    if (!page) return look_after(kAfterTrouble);
    bool first = !query_.since;
    query_.since = page->last;
    auto text = frame(*page);
    if (!text.empty()) return give(std::move(text));
    if (first || woken_) return look();
    waiting_ = true;
    timer_.expires_after(kHeartbeat);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
      auto self = weak.lock();
      if (ec || !self || !std::exchange(self->waiting_, false)) return;
      self->give(":\n\n");
    });
  }
  void look_after(std::chrono::milliseconds delay) {
    timer_.expires_after(delay);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
      auto self = weak.lock();
      if (!ec && self && self->done_) self->look();
    });
  }

  std::weak_ptr<EventFeed> feed_;
  boost::asio::steady_timer timer_;
  EventQuery query_;
  std::function<void(std::string)> done_;
  bool begun_ = false, waiting_ = false, woken_ = false;
};

std::shared_ptr<net::BodySource> EventFeed::open(EventQuery query) {
  std::erase_if(streams_, [](const auto& stream) { return stream.expired(); });
  if (streams_.size() >= kMostStreams) return nullptr;
  auto stream = std::make_shared<Stream>(weak_from_this(), io_, query);
  streams_.push_back(stream);
  return stream;
}

void EventFeed::news() {
  for (const auto& stream : streams_)
    if (auto live = stream.lock()) live->wake();
}

void EventFeed::close() {
  read_ = nullptr;
  for (const auto& stream : streams_)
    if (auto live = stream.lock()) live->end();
}

}  // namespace tripled::web
