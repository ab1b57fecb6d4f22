#include "daemon/web/etag.h"

#include <algorithm>

#include "daemon/diagnosis/causes/causes.h"
#include "schema/base/hash.h"
#include "schema/base/text.h"

namespace tripled::web {

static std::string_view opaque(std::string_view tag) {
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  return tag;
}

std::optional<std::string> tag_of(const store::SweepRow& sweep, const std::string& document) {
  if (sweep.state != store::SweepState::finished || !sweep.finished_at) return std::nullopt;
  Sha256 hash;
  for (const auto& part : {std::string(TRIPLED_VERSION), std::to_string(diagnosis::rules_version),
                           std::to_string(sweep.id), std::to_string(*sweep.finished_at), document})
    hash.field(part);
  return "\"" + hash.hex().substr(0, 32) + "\"";
}

bool is_held(const std::string& if_none_match, const std::string& tag) {
  if (trim(if_none_match) == "*") return true;
  auto held = split(if_none_match, ',');
  return std::any_of(held.begin(), held.end(),
                     [&](const std::string& one) { return opaque(trim(one)) == opaque(tag); });
}

net::HttpResponse not_modified(const std::string& tag) {
  return {304, "application/json", "", {{"ETag", tag}}};
}

void validate(net::HttpResponse& answer, const std::string& if_none_match) {
  if (answer.status != 200) return;
  auto found = std::find_if(answer.headers.begin(), answer.headers.end(),
                            [](const auto& header) { return header.first == "ETag"; });
  auto tag =
      found == answer.headers.end() ? "W/\"" + sha256_hex(answer.body).substr(0, 32) + "\"" : found->second;
  if (!if_none_match.empty() && is_held(if_none_match, tag))
    answer = not_modified(tag);
  else if (found == answer.headers.end())
    answer.headers.emplace_back("ETag", tag);
}

}  // namespace tripled::web
