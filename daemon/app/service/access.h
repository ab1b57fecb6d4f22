// Whose tokens are let in, in memory: asked for every request. io thread.
#pragma once
#include <map>
#include <string>
#include <string_view>

#include "daemon/net/server.h"
#include "daemon/store/rows.h"

namespace tripled::app {

// 256 random bits as text: what a person or worker shows. Only its hash is kept.
std::string new_token();
std::string hash_of_token(std::string_view token);

class Access {
 public:
  void add(const store::TokenRow& token);          // a revoked one lets nobody in
  void add(const store::EnrolmentRow& enrolment);  // one that was used, too: it is told so
  void revoke(const std::string& name);
  net::Identity identify(std::string_view token) const;

 private:
  std::map<std::string, net::Identity> by_hash_;
};

}  // namespace tripled::app
