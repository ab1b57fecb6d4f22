#include "tests/net/client.h"

#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http.hpp>

namespace tripled::test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

static constexpr auto deadline = std::chrono::seconds(20);

// False and an error when it failed or took too long; then the socket is closed.
template <class Start>
bool Client::step(Start start) {
  error_ = asio::error::timed_out;
  start([this](boost::system::error_code ec, auto&&...) { error_ = ec; });
  io_.restart();
  io_.run_for(deadline);
  if (error_ == asio::error::timed_out) {
    boost::system::error_code ignored;
    ws_.next_layer().close(ignored);
    io_.restart();
    io_.run_for(deadline);
    error_ = asio::error::timed_out;
  }
  return !error_;
}

Client::Client(std::uint16_t port, const std::string& address) : ws_(io_) {
  asio::ip::tcp::endpoint endpoint(asio::ip::make_address(address), port);
  step([&](auto done) { ws_.next_layer().async_connect(endpoint, std::move(done)); });
  ws_.read_message_max(512u << 20);
}

unsigned Client::upgrade(const std::string& authorization, const std::string& target) {
  ws_.set_option(
      beast::websocket::stream_base::decorator([authorization](beast::websocket::request_type& request) {
        if (!authorization.empty()) request.set(http::field::authorization, authorization);
      }));
  beast::websocket::response_type response;
  step([&](auto done) { ws_.async_handshake(response, "localhost", target, std::move(done)); });
  return response.result_int();
}

bool Client::send(const std::string& frame, bool binary) {
  ws_.binary(binary);
  return step([&](auto done) { ws_.async_write(asio::buffer(frame), std::move(done)); });
}

std::optional<std::string> Client::receive() {
  beast::flat_buffer frame;
  if (!step([&](auto done) { ws_.async_read(frame, std::move(done)); })) return std::nullopt;
  return beast::buffers_to_string(frame.cdata());
}

bool Client::closed() { return !receive() && error_ != asio::error::timed_out; }

bool Client::write(const std::string& bytes) {
  return step([&](auto done) { asio::async_write(ws_.next_layer(), asio::buffer(bytes), std::move(done)); });
}

std::string Client::read(const std::string& enough) {
  std::string all;
  if (enough.empty())
    step([&](auto done) {
      asio::async_read(ws_.next_layer(), asio::dynamic_buffer(all), asio::transfer_all(), std::move(done));
    });
  else
    step([&](auto done) {
      asio::async_read_until(ws_.next_layer(), asio::dynamic_buffer(all), enough, std::move(done));
    });
  return all;
}

unsigned Client::status() {
  http::response<http::string_body> response;
  if (!step([&](auto done) { http::async_read(ws_.next_layer(), buffer_, response, std::move(done)); }))
    return 0;
  body_ = response.body();
  return response.result_int();
}

}  // namespace tripled::test
