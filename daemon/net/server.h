// The daemon's one port: WebSocket sessions of workers and plain HTTP requests. Everything here runs on the
// thread that runs the io_context; nothing blocks it. Beast and OpenSSL stay in this folder's .cc files.
#pragma once
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/net/tls.h"
#include "schema/base/result.h"
#include "schema/wire/message.h"

namespace tripled::net {

using SessionId = std::uint64_t;

// Whose token a request carries.
struct Identity {
  std::string name;  // empty: nobody's
  Role role = Role::none;
  std::string pool = {};       // the only one that a worker with it is of; empty: any
  std::int64_t enrolment = 0;  // not 0: it is good once, to get a worker's own (then `role` is none)
  bool is_nobody() const { return role == Role::none && enrolment == 0; }
};

struct HttpRequest {
  std::string method, target, body;
  Identity identity;
  // By lower-case name, without `authorization`: a token goes no further than the server.
  std::map<std::string, std::string> headers = {};
  std::string header(const std::string& lower_case_name) const;  // empty: not there
};

// A body that comes in pieces, for as long as the other side listens: what it does not take within half a
// minute ends the answer.
class BodySource {
 public:
  virtual ~BodySource() = default;
  // Calls `done` once, on the io thread, now or later; an empty piece is the end. Not called again before
  // that.
  virtual void next(std::function<void(std::string piece)> done) = 0;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers =
      {};                                   // besides content type; a length only for HEAD
  std::shared_ptr<BodySource> pieces = {};  // instead of `body`
};

// Every bound is one of what a stranger or a broken worker can take; tests make them small.
struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;                     // 0: the kernel chooses
  std::shared_ptr<TlsContext> tls = nullptr;  // none: plain HTTP
  // Of the token in `Authorization: Bearer …`; called on the io thread for every request that has one.
  std::function<Identity(std::string_view token)> identify;

  std::size_t max_connections = 4096, max_connections_per_peer = 1024;
  std::size_t max_header_bytes = 16u << 10;       // else 431
  std::size_t max_body_bytes = 16u << 20;         // else 413; larger files come in parts
  std::size_t max_all_bodies_bytes = 512u << 20;  // at one time, else 503
  std::size_t max_queued_bytes = 256u << 20;      // of one session whose worker does not read

  using Duration = std::chrono::milliseconds;
  Duration header_deadline = std::chrono::seconds(10);   // TLS handshake and headers, each; else 408
  Duration idle_deadline = std::chrono::seconds(60);     // until a request begins
  Duration body_deadline = std::chrono::minutes(5);      // the whole of one, else 408
  Duration stall_deadline = std::chrono::seconds(30);    // without a byte going on, either way
  Duration refusal_deadline = std::chrono::seconds(10);  // until whoever was refused has to be gone
  // Of a worker, whatever it sends: then its network or machine is gone. It is pinged after half of that.
  Duration silence = std::chrono::seconds(40);
};

// What the server tells its owner. Calls come from the io thread and must return quickly.
class ServerHandler {
 public:
  virtual ~ServerHandler() = default;
  // Before the first message of a session: whose token it came with.
  virtual void worker_opened(SessionId session, const Identity& identity) = 0;
  virtual void worker_message(SessionId session, wire::WorkerMessage message) = 0;
  virtual void worker_closed(SessionId session, const std::string& why) = 0;
  // Without a token only requests that have no body come here; others are refused with 401 unread.
  // `reply` is called once, on the io thread, now or later.
  virtual void http(HttpRequest request, std::function<void(HttpResponse)> reply) = 0;
  // What came of a part (`Content-Range`) whose connection was cut or fell silent before the rest of it:
  // `body` is its beginning, and nobody waits for an answer. `done` is called once, when the body was used.
  virtual void cut_part(HttpRequest request, std::function<void()> done) {
    (void)request;
    done();
  }
};

class Server {
 public:
  // Listens at once; io error names address and port.
  static Result<std::unique_ptr<Server>> start(boost::asio::io_context& io, ServerOptions options,
                                               ServerHandler& handler);
  ~Server();
  std::uint16_t port() const;
  bool listening() const;
  // Besides, without TLS, for programs of this machine; returns the port. io error.
  Result<std::uint16_t> listen_plainly_on_loopback();
  // Of connections from now on.
  void set_certificate(std::shared_ptr<TlsContext> tls);
  // Queued in order; a session whose queue passes its bound is closed instead of growing.
  void send(SessionId session, const wire::DaemonMessage& message);
  // One that wire::encode() made of it already.
  void send_frame(SessionId session, std::string frame);
  // Sends what is queued, then closes.
  void close(SessionId session);
  // Stops accepting and closes every session.
  void stop();

 private:
  struct Impl;
  explicit Server(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

}  // namespace tripled::net
