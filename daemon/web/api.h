// The HTTP API (schema/openapi.yaml) and the pages that stand in for one: what a request asks, who may ask
// it, and the answer. State comes from the engine on the io thread, everything stored from a read-only
// connection on a thread of its own.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <functional>

#include "daemon/net/server.h"
#include "daemon/store/reader.h"
#include "daemon/web/engine.h"
#include "daemon/web/target.h"

namespace tripled::web {

struct ApiOptions {
  std::filesystem::path database;
  Role anonymous = Role::none;  // of requests without a token
};

class Api {
 public:
  Api(boost::asio::io_context& io, ApiOptions options, Engine& engine);
  ~Api();  // waits for reads that run

  using Reply = std::function<void(net::HttpResponse)>;
  // `reply` is called once, on the io thread, now or later.
  void handle(net::HttpRequest request, Reply reply);

  // A route's handler; in routes.cc.
  struct Call {
    const net::HttpRequest& request;
    const Target& target;
    std::vector<std::string> words;  // what stands for the {…} of the route
    std::string who;                 // for the audit table
    Reply reply;
  };
  using Read = std::function<net::HttpResponse(store::Reader&)>;
  // Runs `read` on the other thread and replies with what it returns.
  void read(Read read, Reply reply);
  Engine& engine() { return engine_; }

 private:
  boost::asio::io_context& io_;
  const ApiOptions options_;
  Engine& engine_;
  boost::asio::thread_pool reads_{1};
};

}  // namespace tripled::web
