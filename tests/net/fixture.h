// A server on loopback whose io_context runs on a thread of its own, and a handler that remembers.
#pragma once
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "daemon/net/server.h"

namespace tripled::test {

class Recorder : public net::ServerHandler {
 public:
  struct Message {
    net::SessionId session;
    wire::WorkerMessage message;
  };
  struct Closed {
    net::SessionId session;
    std::string why;
  };

  void worker_opened(net::SessionId session, const net::Identity& identity) override;
  void worker_message(net::SessionId session, wire::WorkerMessage message) override;
  void worker_closed(net::SessionId session, const std::string& why) override;
  void http(net::HttpRequest request, std::function<void(net::HttpResponse)> reply) override;
  void cut_part(net::HttpRequest request, std::function<void()> done) override;

  // Waits (bounded) until there are that many; what is there then.
  std::vector<Message> messages(std::size_t count);
  std::vector<Closed> closed(std::size_t count);
  std::vector<net::HttpRequest> requests(std::size_t count);
  std::vector<net::HttpRequest> cut_parts(std::size_t count);
  // By session; asked for after its first message.
  std::string token_of(net::SessionId session);

  std::function<void(net::HttpRequest, std::function<void(net::HttpResponse)>)> answer;
  std::function<void(net::HttpRequest, std::function<void()>)> keep_cut;

 private:
  template <class T>
  std::vector<T> wait_for(std::vector<T>& list, std::size_t count);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Message> messages_;
  std::vector<Closed> closed_;
  std::vector<net::HttpRequest> requests_, cut_parts_;
  std::map<net::SessionId, std::string> tokens_;
};

class RunningServer {
 public:
  explicit RunningServer(net::ServerOptions options = {});
  ~RunningServer();
  std::uint16_t port() const { return port_; }
  // On the io thread, as the server wants it; returns when it is done.
  template <class F>
  void on_io(F f) {
    std::promise<void> done;
    boost::asio::post(io, [&] {
      f(*server);
      done.set_value();
    });
    done.get_future().get();
  }

  Recorder recorder;
  boost::asio::io_context io{1};
  std::unique_ptr<net::Server> server;

 private:
  std::uint16_t port_ = 0;
  std::thread thread_;
};

constexpr const char* token = "a-token-of-the-test";
const std::string bearer = std::string("Bearer ") + token;

}  // namespace tripled::test
