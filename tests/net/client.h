// The other end of daemon/net's port, step by step and with a deadline on each: a WebSocket, or raw bytes.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket.hpp>
#include <optional>
#include <string>

namespace tripled::test {

class Client {
 public:
  using Socket = boost::beast::websocket::stream<boost::asio::ip::tcp::socket>;

  Client(std::uint16_t port, const std::string& address = "127.0.0.1");
  bool connected() const { return !error_; }

  // WebSocket. `authorization`: the whole header; empty: none. The HTTP status of the answer: 101 is an
  // upgrade.
  unsigned upgrade(const std::string& authorization, const std::string& target = "/worker");
  bool send(const std::string& frame, bool binary = false);
  // nullopt: closed, or nothing within the deadline.
  std::optional<std::string> receive();
  // The server has ended this connection.
  bool closed();

  // Raw bytes. False: the other side does not take them.
  bool write(const std::string& bytes);
  // Until the connection ends or `enough` is in it.
  std::string read(const std::string& enough = "");
  // One answer to one request: its status, 0 when there was none.
  unsigned status();
  const std::string& body() const { return body_; }

 private:
  template <class Start>
  bool step(Start start);

  boost::asio::io_context io_{1};
  Socket ws_;
  boost::beast::flat_buffer buffer_;
  boost::system::error_code error_;
  std::string body_;
};

}  // namespace tripled::test
