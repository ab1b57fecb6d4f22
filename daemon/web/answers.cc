#include "daemon/web/answers.h"

#include "schema/base/duration.h"

namespace tripled::web {
namespace {

const char* title_of(unsigned status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 422:
      return "Unprocessable Content";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

unsigned status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
    case ErrorKind::config:
      return 422;
    case ErrorKind::protocol:
      return 400;
    case ErrorKind::conflict:
      return 409;
    case ErrorKind::tool:
    case ErrorKind::store:
    case ErrorKind::timeout:
      return 503;
    case ErrorKind::io:
    case ErrorKind::cancelled:
    case ErrorKind::internal:
      return 500;
  }
  return 500;
}

}  // namespace

net::HttpResponse json_answer(const wire::json::value& value, unsigned status) {
  return {status, "application/json", wire::pretty(value), {}};
}

net::HttpResponse problem(unsigned status, const std::string& detail) {
  wire::json::object body;
  body["type"] = "about:blank";
  body["title"] = title_of(status);
  body["status"] = status;
  body["detail"] = detail;
  net::HttpResponse out{status, "application/problem+json", wire::pretty(body), {}};
  if (status == 401) out.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"tripled\"");
  return out;
}

net::HttpResponse problem(const Error& error) { return problem(status_of(error.kind()), error.message()); }

wire::json::value time_or_null(const std::optional<store::UnixMs>& at) {
  if (!at) return nullptr;
  return wire::json::value(format_timestamp(*at));
}

wire::json::value text_or_null(const std::string& text) {
  if (text.empty()) return nullptr;
  return wire::json::value(text);
}

}  // namespace tripled::web
