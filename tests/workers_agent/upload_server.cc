#include "tests/workers_agent/upload_server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <mutex>
#include <thread>

#include "schema/wire/http_range.h"

namespace tripled::test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

static constexpr auto awaiting = asio::as_tuple(asio::use_awaitable);

struct UploadServer::Impl {
  explicit Impl(std::vector<Answer> answers)
      : script(std::move(answers)), acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}

  std::vector<Answer> script;
  asio::io_context io{1};
  tcp::acceptor acceptor;
  mutable std::mutex mutex;
  std::vector<Upload> uploads;
  std::size_t connections = 0;
  std::thread thread;

  asio::awaitable<void> accept_loop() {
    for (;;) {
      auto [ec, socket] = co_await acceptor.async_accept(awaiting);
      if (ec) co_return;
      Answer answer;
      {
        std::lock_guard lock(mutex);
        answer = script[std::min(connections++, script.size() - 1)];
      }
      auto one = serve(std::move(socket), std::move(answer));
      asio::co_spawn(io, std::move(one), asio::detached);
    }
  }

  asio::awaitable<void> serve(tcp::socket socket, Answer answer) {
    if (answer.what == Answer::close_at_once) co_return;
    beast::tcp_stream stream(std::move(socket));
    stream.expires_after(std::chrono::seconds(20));
    beast::flat_buffer buffer;
    http::request_parser<http::string_body> parser;
    parser.body_limit(256u << 20);
    auto [header_error, header_bytes] = co_await http::async_read_header(stream, buffer, parser, awaiting);
    if (header_error || answer.what == Answer::close_after_header) co_return;
    bool asked = false;  // how much of it is here: nothing
    if (answer.what != Answer::refuse_early) {
      auto [body_error, body_bytes] = co_await http::async_read(stream, buffer, parser, awaiting);
      if (body_error) co_return;
      auto request = parser.release();
      asked = request.method() == http::verb::head;
      std::lock_guard lock(mutex);
      if (!asked)
        uploads.push_back({std::string(request.method_string()), std::string(request.target()),
                           std::string(request[http::field::authorization]), request.body()});
    }
    if (answer.what == Answer::garbage) {
      const std::string words = "\x16\x03\x01 this is no HTTP\r\n\r\n";
      co_await asio::async_write(stream, asio::buffer(words), awaiting);
      co_return;
    }
    http::response<http::string_body> response(http::status(answer.code), 11);
    response.body() = answer.body;
    response.keep_alive(false);
    response.prepare_payload();
    if (asked) {
      response.result(http::status::not_found);
      response.set(wire::upload_offset_header, "0");
    }
    co_await http::async_write(stream, response, awaiting);
    beast::error_code ec;
    stream.socket().shutdown(tcp::socket::shutdown_send, ec);
    std::string rest(1 << 16, '\0');  // what is not read would take the answer away with a reset
    while (!ec) {
      auto [read_error, bytes] = co_await stream.async_read_some(asio::buffer(rest), awaiting);
      ec = read_error;
    }
  }
};

UploadServer::UploadServer(std::vector<Answer> script) : impl_(std::make_unique<Impl>(std::move(script))) {
  auto loop = impl_->accept_loop();
  asio::co_spawn(impl_->io, std::move(loop), asio::detached);
  impl_->thread = std::thread([this] { impl_->io.run(); });
}

UploadServer::~UploadServer() {
  impl_->io.stop();
  impl_->thread.join();
}

std::uint16_t UploadServer::port() const { return impl_->acceptor.local_endpoint().port(); }

std::vector<Upload> UploadServer::uploads() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->uploads;
}

std::size_t UploadServer::connections() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->connections;
}

}  // namespace tripled::test
