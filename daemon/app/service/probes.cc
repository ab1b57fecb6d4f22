#include "daemon/app/service/probes.h"

namespace tripled::app {

Result<std::unique_ptr<Probes>> Probes::start(boost::asio::io_context& io, const std::string& address,
                                              std::uint16_t port, std::map<std::string, Answer> answers) {
  std::unique_ptr<Probes> out(new Probes(std::move(answers)));
  net::ServerOptions options;
  options.address = address;
  options.port = port;
  options.max_connections = 256;
  auto server = net::Server::start(io, options, *out);
  if (!server) return server.error().with("metrics.listen");
  out->server_ = std::move(server).value();
  return out;
}

void Probes::http(net::HttpRequest request, std::function<void(net::HttpResponse)> reply) {
  auto found = answers_.find(request.target);
  if (found == answers_.end()) return reply({404, "text/plain", "here are /metrics, /healthz and /readyz\n"});
  if (request.method != "GET" && request.method != "HEAD")
    return reply({405, "text/plain", "only read\n", {{"Allow", "GET, HEAD"}}});
  reply(found->second());
}

}  // namespace tripled::app
