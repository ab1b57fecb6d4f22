// A daemon core and a local worker for as long as one command runs: what `sweep` works with, and what `plan`,
// `targets` and `doctor` ask. Owns the io_context; everything runs on the caller's thread inside run().
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "daemon/app/core/core.h"
#include "daemon/app/service/local_worker.h"
#include "daemon/cli/paths.h"

namespace tripled::cli {

struct SessionOptions {
  Paths paths;
  int slots = 2;
  bool questions_only = false;  // a throw-away database: a sweep may run at the same time
};

class Session : public app::CoreListener {
 public:
  // conflict error when another tripled uses the state directory; says which.
  static Result<std::unique_ptr<Session>> open(SessionOptions options);
  ~Session() override;

  boost::asio::io_context& io() { return io_; }
  app::Core& core() { return *core_; }

  // Calls `ready` when the worker is there, then runs until stop(). Returns the error that ended it early: no
  // worker within 30 s, worker lost for good, store failed.
  Status run(std::function<void()> ready);
  void stop();

  std::function<void(const app::SweepEvent&)> on_event_fn;
  std::function<void(store::SweepId)> on_finished_fn;

 private:
  explicit Session(SessionOptions options) : options_(std::move(options)) {}
  Status start();
  Status start_worker();
  void worker_ended(const std::string& how);
  void on_event(const app::SweepEvent& event) override;
  void on_sweep_finished(store::SweepId sweep) override;
  void on_failed(const Error& error) override;

  SessionOptions options_;
  std::filesystem::path scratch_;  // removed at the end; empty: none
  boost::asio::io_context io_{1};
  std::string token_;
  std::unique_ptr<app::Core> core_;
  std::unique_ptr<app::LocalWorker> worker_;
  std::unique_ptr<boost::asio::steady_timer> wait_;
  std::function<void()> ready_;
  Status failure_;
  int restarts_ = 0;
  bool stopping_ = false;
};

}  // namespace tripled::cli
