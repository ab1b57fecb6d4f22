// A connection, plain or TLS, as Beast wants a stream: what is built on it is instantiated once for both.
// Included by the .cc files of this folder alone.
#pragma once
#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <memory>
#include <string>

namespace tripled::net {

class TlsContext {
 public:
  explicit TlsContext(boost::asio::ssl::context::method method) : context(method) {}
  boost::asio::ssl::context context;
};

class Stream {
 public:
  using Tcp = boost::beast::tcp_stream;
  using executor_type = Tcp::executor_type;
  using next_layer_type = Tcp;

  // `context` none: plain.
  Stream(boost::asio::ip::tcp::socket socket, std::shared_ptr<TlsContext> context)
      : context_(std::move(context)), tcp_(std::make_unique<Tcp>(std::move(socket))) {
    if (context_) tls_ = std::make_unique<Tls>(*tcp_, context_->context);
  }

  executor_type get_executor() { return tcp_->get_executor(); }
  Tcp& next_layer() { return *tcp_; }
  const Tcp& next_layer() const { return *tcp_; }
  bool secured() const { return tls_ != nullptr; }

  // As a client: the other side has to show a certificate that is believed and names `host`.
  void expect(const std::string& host) {
    if (!tls_) return;
    tls_->set_verify_callback(boost::asio::ssl::host_name_verification(host));
    boost::system::error_code no_address;
    boost::asio::ip::make_address(host, no_address);
    if (no_address) SSL_set_tlsext_host_name(tls_->native_handle(), host.c_str());
  }

  // Plain: nothing happens.
  template <class Token>
  auto async_handshake(boost::asio::ssl::stream_base::handshake_type side, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code)>(
        [this, side](auto handler) {
          if (tls_) return tls_->async_handshake(side, std::move(handler));
          boost::asio::post(tcp_->get_executor(), boost::beast::bind_front_handler(
                                                      std::move(handler), boost::system::error_code()));
        },
        token);
  }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& into) {
          if (tls_)
            tls_->async_read_some(into, std::move(handler));
          else
            tcp_->async_read_some(into, std::move(handler));
        },
        token, buffers);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& from) {
          if (tls_)
            tls_->async_write_some(from, std::move(handler));
          else
            tcp_->async_write_some(from, std::move(handler));
        },
        token, buffers);
  }

 private:
  using Tls = boost::asio::ssl::stream<Tcp&>;
  std::shared_ptr<TlsContext> context_;
  std::unique_ptr<Tcp> tcp_;
  std::unique_ptr<Tls> tls_;
};

// What ends a WebSocket is its own closing frame: below it the connection is just closed.
inline void teardown(boost::beast::role_type role, Stream& stream, boost::system::error_code& ec) {
  boost::beast::websocket::teardown(role, stream.next_layer().socket(), ec);
}
template <class Handler>
void async_teardown(boost::beast::role_type role, Stream& stream, Handler&& handler) {
  boost::beast::websocket::async_teardown(role, stream.next_layer().socket(), std::forward<Handler>(handler));
}

}  // namespace tripled::net
