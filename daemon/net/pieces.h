// Writes an answer whose body comes in pieces (HttpResponse::pieces), chunked. Internal to
// http_connection.cc.
#pragma once
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <optional>

#include "daemon/net/server.h"

namespace tripled::net {

inline constexpr auto piece_deadline = std::chrono::seconds(30);

// Until the source ends or the other side is gone or slower than piece_deadline; the connection is of no use
// then.
template <class Stream>
boost::asio::awaitable<void> write_pieces(boost::asio::io_context& io, Stream& stream,
                                          HttpResponse response) {
  namespace asio = boost::asio;
  namespace http = boost::beast::http;
  constexpr auto awaiting = asio::as_tuple(asio::use_awaitable);
  struct Pending {
    explicit Pending(asio::io_context& context) : ready(context, asio::steady_timer::time_point::max()) {}
    asio::steady_timer ready;
    std::optional<std::string> piece;
  };
  auto& timeout = boost::beast::get_lowest_layer(stream);
  http::response<http::empty_body> head(http::status(response.status), 11);
  head.set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) head.set(name, value);
  head.set(http::field::cache_control, "no-store");
  head.keep_alive(false);
  head.chunked(true);
  http::response_serializer<http::empty_body> serializer(head);
  timeout.expires_after(piece_deadline);
  auto [head_error, head_bytes] = co_await http::async_write_header(stream, serializer, awaiting);
  auto error = head_error;
  while (!error) {
    auto pending = std::make_shared<Pending>(io);
    std::function<void(std::string)> done = [pending](std::string piece) {
      pending->piece = std::move(piece);
      pending->ready.cancel();
    };
    timeout.expires_never();
    response.pieces->next(std::move(done));
    if (!pending->piece) co_await pending->ready.async_wait(awaiting);
    if (pending->piece->empty()) break;
    timeout.expires_after(piece_deadline);
    auto chunk = http::make_chunk(asio::buffer(*pending->piece));
    auto [chunk_error, chunk_bytes] = co_await asio::async_write(stream, chunk, awaiting);
    error = chunk_error;
  }
  if (error) co_return;
  auto last = http::make_chunk_last();
  co_await asio::async_write(stream, last, awaiting);
}

}  // namespace tripled::net
