#include "daemon/web/api.h"

#include <boost/asio/post.hpp>

#include "daemon/web/answers.h"
#include "daemon/web/routes.h"
#include "schema/base/text.h"

namespace tripled::web {
namespace {

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
    : io_(io), options_(std::move(options)), engine_(engine) {}

Api::~Api() { reads_.join(); }

void Api::handle(net::HttpRequest request, Reply reply) {
  auto target = parse_target(request.target);
  if (!target) return reply(problem(400, "the target of the request cannot be read"));
  auto role = request.identity.role == Role::none ? options_.anonymous : request.identity.role;
  std::vector<std::string> allowed;
  for (const auto& route : routes()) {
    auto words = matched(route.path, target->path);
    if (!words) continue;
    allowed.emplace_back(route.method);
    if (route.method != request.method) continue;
    if (!may(role, route.least))
      return reply(role == Role::none ? problem(401, "this needs a token: `Authorization: Bearer …`")
                                      : problem(403, "this needs a token of role " + to_text(route.least) +
                                                         ", yours is of role " + to_text(role)));
    auto who = request.identity.name.empty() ? "anonymous" : request.identity.name;
    return route.handler(*this, {request, *target, std::move(*words), std::move(who), std::move(reply)});
  }
  if (allowed.empty()) return reply(problem(404, "there is nothing at " + request.target));
  auto refused = problem(405, request.method + " is not for " + request.target);
  refused.headers.emplace_back("Allow", join(allowed, ", "));
  reply(std::move(refused));
}

void Api::read(Read read, Reply reply) {
  boost::asio::post(reads_, [this, read = std::move(read), reply = std::move(reply)] {
    auto reader = store::Reader::open(options_.database);
    auto answer = reader ? read(*reader) : problem(reader.error());
    boost::asio::post(io_, [reply, answer = std::move(answer)]() mutable { reply(std::move(answer)); });
  });
}

}  // namespace tripled::web
