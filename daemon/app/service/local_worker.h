// The worker process of a one-shot command: started beside this program, ended with it. Its stdin is a pipe
// that we hold: when we die, however we die, the worker sees its end and stops its jobs.
#pragma once
#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "schema/base/result.h"

namespace tripled::app {

struct LocalWorkerOptions {
  std::filesystem::path program;   // empty: tripled-worker beside this program or on PATH
  std::string host = "127.0.0.1";  // of the daemon
  std::uint16_t port = 0;
  std::string token, name = "local";
  int slots = 2;
  std::filesystem::path cache, state;
  std::filesystem::path log;  // its stderr; empty: ours
};

class LocalWorker {
 public:
  // `ended` is called once on the io thread when the process is gone, with a sentence that says how.
  static Result<std::unique_ptr<LocalWorker>> start(boost::asio::io_context& io, LocalWorkerOptions options,
                                                    std::function<void(const std::string&)> ended);
  ~LocalWorker();  // asks it to end and waits for it (bounded), then kills it
  pid_t pid() const;

 private:
  struct Impl;
  explicit LocalWorker(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

}  // namespace tripled::app
