// Validators of answers (RFC 9110, 8.8 and 13.1.2). Pure. Internal to daemon/web.
#pragma once
#include <optional>
#include <string>

#include "daemon/net/server.h"
#include "daemon/store/rows.h"

namespace tripled::web {

// Of a document about a finished sweep, which changes with the program and a rerun alone: known before it is
// made. nullopt: the sweep is not finished.
std::optional<std::string> tag_of(const store::SweepRow& sweep, const std::string& document);

// `If-None-Match` names this tag, compared weakly.
bool is_held(const std::string& if_none_match, const std::string& tag);

net::HttpResponse not_modified(const std::string& tag);

// A 200 without a tag gets a weak one of its bytes; becomes 304 where the caller holds it.
void validate(net::HttpResponse& answer, const std::string& if_none_match);

}  // namespace tripled::web
