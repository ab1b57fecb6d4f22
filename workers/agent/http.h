// HTTP requests to the daemon, one after the other over one connection that is made when it is needed.
// Blocks, each step with a deadline; one thread at a time.
#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/base/result.h"
#include "workers/agent/address.h"

namespace tripled::agent {

struct HttpCall {
  std::string method, target;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string_view body = {};
  std::chrono::seconds patience{60};  // until the answer begins
  bool once = false;                  // never repeated by call(): the caller looks first how far it came
};

struct HttpReply {
  unsigned status = 0;
  std::map<std::string, std::string> headers;  // lower-case names
  std::string body;                            // at most one part and a little (schema/wire/http_range.h)
};

class HttpClient {
 public:
  explicit HttpClient(DaemonAddress address);
  ~HttpClient();
  // io error: nobody answered, or not in time, or is not to be trusted. Repeated once by itself where a
  // connection that was kept turned out to be closed: for requests that may come twice.
  Result<HttpReply> call(const HttpCall& call);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Clients whose connections are kept for the next small request. Any thread.
class HttpClients {
 public:
  explicit HttpClients(DaemonAddress address) : address_(std::move(address)) {}
  std::unique_ptr<HttpClient> borrow();
  void give_back(std::unique_ptr<HttpClient> client);

 private:
  const DaemonAddress address_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<HttpClient>> idle_;
};

}  // namespace tripled::agent
