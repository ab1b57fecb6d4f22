// What happens, as server-sent events (WHATWG HTML, 9.2): stored events are read after one another, so that a
// client takes its own time and goes on where it was (Last-Event-ID). io thread. Internal to daemon/web.
#pragma once
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <vector>

#include "daemon/net/server.h"
#include "daemon/store/reader.h"

namespace tripled::web {

// Where an answer starts, and which sweep it is about (0: all).
struct EventQuery {
  std::optional<std::int64_t> since;  // events behind this one; none: those that come from now on
  store::SweepId sweep = 0;
  int limit = 200;
};

struct EventPage {
  std::vector<store::EventRow> events;
  std::int64_t last = 0;  // where to go on
  bool lost = false;      // events behind `since` are not stored any more, or never were here
};
Result<EventPage> read_events(store::Reader& reader, const EventQuery& query);

// Every open stream; owned by the Api.
class EventFeed : public std::enable_shared_from_this<EventFeed> {
 public:
  using Done = std::function<void(Result<EventPage>)>;
  // Reads a page on another thread; the callback comes on the io thread.
  using ReadPage = std::function<void(EventQuery, Done)>;
  EventFeed(boost::asio::io_context& io, ReadPage read) : io_(io), read_(std::move(read)) {}

  // null: there are as many as are let in.
  std::shared_ptr<net::BodySource> open(EventQuery query);
  // Something was stored: those that wait look again.
  void news();
  void close();  // no stream reads any more

 private:
  class Stream;
  boost::asio::io_context& io_;
  ReadPage read_;
  std::vector<std::weak_ptr<Stream>> streams_;
};

}  // namespace tripled::web
