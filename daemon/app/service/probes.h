// /metrics, /healthz and /readyz on an address of their own, plain and without a token (setting
// `metrics.listen`). io thread.
#pragma once
#include <functional>
#include <memory>

#include "daemon/net/server.h"

namespace tripled::app {

class Probes : public net::ServerHandler {
 public:
  using Answer = std::function<net::HttpResponse()>;

  // io error: the address cannot be listened on. The answers are asked for on the io thread.
  static Result<std::unique_ptr<Probes>> start(boost::asio::io_context& io, const std::string& address,
                                               std::uint16_t port, std::map<std::string, Answer> answers);
  std::uint16_t port() const { return server_->port(); }

 private:
  explicit Probes(std::map<std::string, Answer> answers) : answers_(std::move(answers)) {}
  // No worker gets in: nobody's token is known here.
  void worker_opened(net::SessionId, const net::Identity&) override {}
  void worker_message(net::SessionId, wire::WorkerMessage) override {}
  void worker_closed(net::SessionId, const std::string&) override {}
  void http(net::HttpRequest request, std::function<void(net::HttpResponse)> reply) override;

  const std::map<std::string, Answer> answers_;  // by path
  std::unique_ptr<net::Server> server_;
};

}  // namespace tripled::app
