#include "daemon/app/service/access.h"

#include "schema/base/hash.h"

namespace tripled::app {

std::string new_token() { return random_hex() + random_hex(); }

// Looked up by its hash: how long that takes says nothing of the token.
std::string hash_of_token(std::string_view token) { return sha256_hex(token); }

void Access::add(const store::TokenRow& token) {
  if (!token.revoked_at) by_hash_[token.hash] = {token.name, token.role, token.pool};
}

void Access::add(const store::EnrolmentRow& enrolment) {
  net::Identity identity;
  identity.name = "enrolment " + std::to_string(enrolment.id);
  identity.enrolment = enrolment.id;
  by_hash_[enrolment.hash] = std::move(identity);
}

void Access::revoke(const std::string& name) {
  std::erase_if(by_hash_, [&](const auto& entry) { return entry.second.name == name; });
}

net::Identity Access::identify(std::string_view token) const {
  auto found = by_hash_.find(hash_of_token(token));
  return found == by_hash_.end() ? net::Identity() : found->second;
}

}  // namespace tripled::app
