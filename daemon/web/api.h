// The HTTP API (schema/openapi.yaml) and the pages that stand in for one: what a request asks, who may ask
// it, and the answer. State comes from the engine on the io thread, everything stored from a read-only
// connection on threads of their own.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <functional>
#include <memory>

#include "daemon/metrics/tally.h"
#include "daemon/net/server.h"
#include "daemon/store/reader.h"
#include "daemon/web/engine.h"
#include "daemon/web/event_stream.h"
#include "daemon/web/target.h"

namespace tripled::web {

struct ApiOptions {
  std::filesystem::path database;
  Role anonymous = Role::none;  // of requests without a token
  std::filesystem::path blobs;  // where logs are
};

class Api {
 public:
  Api(boost::asio::io_context& io, ApiOptions options, Engine& engine);
  ~Api();  // waits for reads that run

  using Reply = std::function<void(net::HttpResponse)>;
  // `reply` is called once, on the io thread, now or later.
  void handle(net::HttpRequest request, Reply reply);

  // What a route's handler is given (routes.h).
  struct Call {
    const net::HttpRequest& request;
    const Target& target;
    std::vector<std::string> words;  // what stands for the {…} of the route
    std::string who;                 // for the audit table
    Reply reply;
  };
  // Lists wait for lists, reports and logs for their like: no long read keeps a short one waiting. Each lane
  // has one thread and a bounded queue; what finds it full, and a list that takes more than 2 s, is answered
  // 503.
  enum class Lane { lists, documents };
  // Runs `read` on the lane's thread and replies with what it returns. Every 200 gets a validator (ETag)
  // unless it has one, and is 304 without its body where the caller holds the same.
  using Read = std::function<net::HttpResponse(store::Reader&)>;
  void read(Call call, Read read, Lane lane = Lane::lists);

  // An event was stored: who listens is told.
  void news() { events_->news(); }
  EventFeed& events() { return *events_; }
  Engine& engine() { return engine_; }
  const ApiOptions& options() const { return options_; }
  const metrics::HttpTally& tally() const { return *tally_; }

 private:
  struct Reads {
    boost::asio::thread_pool thread{1};
    // On the io thread alone; outlives the Api, as the replies do that are on their way.
    std::shared_ptr<std::size_t> waiting = std::make_shared<std::size_t>(0);
  };
  // Posts `work` to the lane, and what it returns back; false: the lane is full.
  template <class Work, class Done>
  bool post(Lane lane, Work work, Done done);
  // The reply that counts itself first. `route`: of routes(), or `other`.
  Reply counted(std::string route, const std::string& method, Reply reply) const;
  Reads& reads(Lane lane) { return lane == Lane::lists ? lists_ : documents_; }

  boost::asio::io_context& io_;
  const ApiOptions options_;
  Engine& engine_;
  Reads lists_, documents_;
  std::shared_ptr<EventFeed> events_;
  // Outlives the Api, as the replies do that are on their way.
  std::shared_ptr<metrics::HttpTally> tally_ = std::make_shared<metrics::HttpTally>();
};

}  // namespace tripled::web
