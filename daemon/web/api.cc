#include "daemon/web/api.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>

#include "daemon/web/answers.h"
#include "daemon/web/etag.h"
#include "daemon/web/routes.h"
#include "schema/base/text.h"

namespace tripled::web {
namespace {

constexpr std::size_t kMostWaiting = 64;
constexpr Millis kLongestList{2000};
// What metrics call a path that is no route, so that nobody makes series by asking for nonsense.
constexpr const char* kOtherRoute = "other";

// The words of `{…}`; nullopt: another path.
std::optional<std::vector<std::string>> matched(std::string_view pattern,
                                                const std::vector<std::string>& path) {
  auto segments = split(pattern.substr(1), '/');
  if (segments.size() == 1 && segments[0].empty()) segments.clear();
  if (segments.size() != path.size()) return std::nullopt;
  std::vector<std::string> words;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (segments[i].starts_with('{'))
      words.push_back(path[i]);
    else if (segments[i] != path[i])
      return std::nullopt;
  }
  return words;
}

// Roles are a ladder but for a worker's, which is for the worker's own connection.
bool may(Role role, Role least) {
  if (role == Role::none || role == Role::worker) return false;
  return role >= least;
}

}  // namespace

Api::Api(boost::asio::io_context& io, ApiOptions options, Engine& engine)
    : io_(io), options_(std::move(options)), engine_(engine) {
  for (const auto& route : routes())
    if (auto& known = tally_->routes; std::find(known.begin(), known.end(), route.path) == known.end())
      known.emplace_back(route.path);
  tally_->routes.emplace_back(kOtherRoute);
  events_ = std::make_shared<EventFeed>(io, [this](EventQuery query, EventFeed::Done done) {
    auto work = [query](Result<store::Reader> reader) {
      return reader ? read_events(*reader, query) : Result<EventPage>(reader.error());
    };
    if (!post(Lane::lists, work, done)) done(Error(ErrorKind::store, "too many questions at once"));
  });
}

Api::~Api() {
  events_->close();
  lists_.thread.join();
  documents_.thread.join();
}

template <class Work, class Done>
bool Api::post(Lane lane, Work work, Done done) {
  auto& reads = this->reads(lane);
  if (*reads.waiting >= kMostWaiting) return false;
  ++*reads.waiting;
  boost::asio::post(reads.thread,
                    [this, lane, waiting = reads.waiting, work = std::move(work), done = std::move(done)] {
                      auto reader = store::Reader::open(options_.database);
                      if (reader && lane == Lane::lists) reader->limit_time(kLongestList);
                      auto made = work(std::move(reader));
                      boost::asio::post(io_, [waiting, done, made = std::move(made)]() mutable {
                        --*waiting;
                        done(std::move(made));
                      });
                    });
  return true;
}

Api::Reply Api::counted(std::string route, const std::string& method, Reply reply) const {
  static const std::vector<std::string> methods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  const bool known = std::find(methods.begin(), methods.end(), method) != methods.end();
  const auto begun = std::chrono::steady_clock::now();
  return [tally = tally_, route = std::move(route), method = known ? method : "other", begun,
          reply = std::move(reply)](net::HttpResponse answer) {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    tally->answered(route, method, answer.status, took.count());
    reply(std::move(answer));
  };
}

void Api::handle(net::HttpRequest request, Reply reply) {
  auto target = parse_target(request.target);
  if (!target)
    return counted(kOtherRoute, request.method,
                   std::move(reply))(problem(400, "the target of the request cannot be read"));
  auto role = request.identity.role == Role::none ? options_.anonymous : request.identity.role;
  std::vector<std::string> allowed;
  std::string route_path = kOtherRoute;
  for (const auto& route : routes()) {
    auto words = matched(route.path, target->path);
    if (!words) continue;
    allowed.emplace_back(route.method);
    route_path = route.path;
    if (route.method != request.method) continue;
    reply = counted(route_path, request.method, std::move(reply));
    if (route.least != Role::none && !may(role, route.least))
      return reply(role == Role::none ? problem(401, "this needs a token: `Authorization: Bearer …`")
                                      : problem(403, "this needs a token of role " + to_text(route.least) +
                                                         ", yours is of role " + to_text(role)));
    auto who = request.identity.name.empty() ? "anonymous" : request.identity.name;
    return route.handler(*this, {request, *target, std::move(*words), std::move(who), std::move(reply)});
  }
  reply = counted(route_path, request.method, std::move(reply));
  if (allowed.empty()) return reply(problem(404, "there is nothing at " + request.target));
  auto refused = problem(405, request.method + " is not for " + request.target);
  refused.headers.emplace_back("Allow", join(allowed, ", "));
  reply(std::move(refused));
}

void Api::read(Call call, Read read, Lane lane) {
  auto reply = std::move(call.reply);
  auto work = [read = std::move(read),
               held = call.request.header("if-none-match")](Result<store::Reader> reader) {
    auto answer = reader ? read(*reader) : problem(reader.error());
    validate(answer, held);
    return answer;
  };
  if (post(lane, std::move(work), reply)) return;
  auto busy = problem(503, "too many questions at once: ask again in a moment");
  busy.headers.emplace_back("Retry-After", "1");
  reply(std::move(busy));
}

}  // namespace tripled::web
