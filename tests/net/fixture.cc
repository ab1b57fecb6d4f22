#include "tests/net/fixture.h"

#include <boost/asio/executor_work_guard.hpp>

namespace tripled::test {

void Recorder::worker_opened(net::SessionId session, const net::Identity& identity) {
  std::lock_guard lock(mutex_);
  tokens_[session] = identity.name;
}

std::string Recorder::token_of(net::SessionId session) {
  std::lock_guard lock(mutex_);
  return tokens_[session];
}

void Recorder::worker_message(net::SessionId session, wire::WorkerMessage message) {
  std::lock_guard lock(mutex_);
  messages_.push_back({session, std::move(message)});
  changed_.notify_all();
}

void Recorder::worker_closed(net::SessionId session, const std::string& why) {
  std::lock_guard lock(mutex_);
  closed_.push_back({session, why});
  changed_.notify_all();
}

void Recorder::http(net::HttpRequest request, std::function<void(net::HttpResponse)> reply) {
  {
    std::lock_guard lock(mutex_);
    requests_.push_back(request);
    changed_.notify_all();
  }
  if (answer) return answer(std::move(request), std::move(reply));
  reply({request.identity.role == Role::none ? 401u : 204u, "text/plain", ""});
}

void Recorder::cut_part(net::HttpRequest request, std::function<void()> done) {
  {
    std::lock_guard lock(mutex_);
    cut_parts_.push_back(request);
    changed_.notify_all();
  }
  if (keep_cut) return keep_cut(std::move(request), std::move(done));
  done();
}

template <class T>
std::vector<T> Recorder::wait_for(std::vector<T>& list, std::size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::seconds(20), [&] { return list.size() >= count; });
  return list;
}

std::vector<Recorder::Message> Recorder::messages(std::size_t count) { return wait_for(messages_, count); }
std::vector<Recorder::Closed> Recorder::closed(std::size_t count) { return wait_for(closed_, count); }
std::vector<net::HttpRequest> Recorder::requests(std::size_t count) { return wait_for(requests_, count); }

std::vector<net::HttpRequest> Recorder::cut_parts(std::size_t count) { return wait_for(cut_parts_, count); }

RunningServer::RunningServer(net::ServerOptions options) {
  if (!options.identify)
    options.identify = [](std::string_view shown) {
      return shown == token ? net::Identity{"w1", Role::worker} : net::Identity();
    };
  auto started = net::Server::start(io, options, recorder);
  if (!started) throw std::runtime_error(started.error().message());
  server = std::move(started).value();
  port_ = server->port();
  thread_ = std::thread([this] {
    auto work = boost::asio::make_work_guard(io);
    io.run();
  });
}

RunningServer::~RunningServer() {
  on_io([](net::Server& s) { s.stop(); });
  io.stop();
  thread_.join();
}

}  // namespace tripled::test
