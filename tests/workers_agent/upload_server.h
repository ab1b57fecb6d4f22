// A small HTTP server on loopback that takes uploads as a script says: one entry per connection, the last one
// for all that follow. Of an upload that it is asked about (HEAD) it has nothing. Own thread.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tripled::test {

struct Answer {
  enum What { status, close_at_once, close_after_header, garbage, refuse_early } what = status;
  unsigned code = 204;
  std::string body;
};

struct Upload {
  std::string method, target, authorization, body;
};

class UploadServer {
 public:
  explicit UploadServer(std::vector<Answer> script);
  ~UploadServer();
  std::uint16_t port() const;
  // Of requests that were read whole.
  std::vector<Upload> uploads() const;
  std::size_t connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tripled::test
