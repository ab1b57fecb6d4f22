// Answers of the API: JSON, and errors as application/problem+json (RFC 9457).
#pragma once
#include <optional>

#include "daemon/net/server.h"
#include "daemon/store/rows.h"
#include "schema/wire/json.h"

namespace tripled::web {

net::HttpResponse json_answer(const wire::json::value& value, unsigned status = 200);
net::HttpResponse problem(unsigned status, const std::string& detail);
// The status that fits the kind of error: config and usage 422, conflict 409, tool and store 503, else 500.
net::HttpResponse problem(const Error& error);

wire::json::value time_or_null(const std::optional<store::UnixMs>& at);
wire::json::value text_or_null(const std::string& text);  // empty: null

}  // namespace tripled::web
