// One worker's WebSocket. Frames leave in the order they were queued. Of this folder alone; io thread.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>

#include "daemon/net/server_state.h"
#include "daemon/net/stream.h"

namespace tripled::net {

class WorkerSession : public std::enable_shared_from_this<WorkerSession> {
 public:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;

  WorkerSession(SessionId session_id, Stream stream, const ServerOptions& options, ServerHandler& handler);
  // Until it ends, which is told to the handler.
  boost::asio::awaitable<void> run(Request request);
  // A queue that passes its bound ends the session.
  void send(std::string frame);
  void close();  // after what is queued
  void abort();

  const SessionId id;

 private:
  boost::asio::awaitable<std::string> read_all();
  void write_next();
  void written(boost::system::error_code ec);
  void finish_close();

  boost::beast::websocket::stream<Stream> ws_;
  ServerHandler& handler_;
  const std::size_t max_queued_bytes_;
  std::deque<std::string> outbox_;
  std::size_t queued_bytes_ = 0;
  bool writing_ = false, closing_ = false;
};

}  // namespace tripled::net
