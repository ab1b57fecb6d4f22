#include "daemon/cli/session.h"

#include <boost/asio/post.hpp>
#include <cstdlib>

#include "daemon/app/service/access.h"
#include "schema/base/file.h"

namespace tripled::cli {

namespace asio = boost::asio;
namespace fs = std::filesystem;

// In a row, without a job that ended in between. A batch that ends its worker is poison after three of them.
static constexpr int max_worker_restarts = 5;

Result<std::unique_ptr<Session>> Session::open(SessionOptions options) {
  std::unique_ptr<Session> session(new Session(std::move(options)));
  TRIPLED_TRY(session->start());
  return session;
}

Status Session::start() {
  fs::path state = options_.paths.state;
  if (options_.questions_only) {
    auto pattern = (fs::temp_directory_path() / "tripled-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) return io_error("making a directory " + pattern, errno);
    scratch_ = state = pattern;
  }
  TRIPLED_TRY(make_directories(state));
  TRIPLED_TRY(make_directories(options_.paths.cache));
  token_ = app::new_token();
  store::StoreOptions store_options;
  store_options.path = state / "tripled.db";
  store_options.who = "tripled";
  TRIPLED_ASSIGN(store::Store store, store::Store::open(store_options));
  TRIPLED_ASSIGN(store::BlobStore blobs, store::BlobStore::open(state / "blobs"));
  app::CoreOptions core_options;
  core_options.state = state;
  app::Access access;
  access.add({"local", Role::worker, app::hash_of_token(token_), 0, {}, {}});
  core_options.identify = [access](std::string_view token) { return access.identify(token); };
  core_options.policy.quarantine_after = 0;  // nobody else could take its place
  core_ = std::make_unique<app::Core>(io_, core_options, std::move(store), std::move(blobs), *this);
  return core_->listen();
}

Session::~Session() {
  stopping_ = true;
  worker_.reset();
  core_.reset();
  std::error_code ignored;
  if (!scratch_.empty()) fs::remove_all(scratch_, ignored);
}

Status Session::start_worker() {
  app::LocalWorkerOptions options;
  options.port = core_->port();
  options.token = token_;
  options.slots = options_.slots;
  options.cache = options_.paths.cache;
  options.state = (scratch_.empty() ? options_.paths.state : scratch_) / "worker";
  if (scratch_.empty()) options.log = options_.paths.state / "worker.log";
  TRIPLED_ASSIGN(
      worker_, app::LocalWorker::start(io_, options, [this](const std::string& how) { worker_ended(how); }));
  return {};
}

// Its leases end at once and go to the next one: a worker that is killed costs the running jobs an attempt,
// no more.
void Session::worker_ended(const std::string& how) {
  if (stopping_) return;
  core_->worker_died("local");
  if (++restarts_ > max_worker_restarts) {
    failure_ = Error(ErrorKind::tool, how + " again and again");
    return stop();
  }
  asio::post(io_, [this] {
    if (stopping_) return;
    worker_.reset();
    if (auto status = start_worker(); !status) {
      failure_ = status;
      stop();
    }
  });
}

Status Session::run(std::function<void()> ready) {
  ready_ = std::move(ready);
  TRIPLED_TRY(start_worker());
  wait_ = std::make_unique<asio::steady_timer>(io_, std::chrono::seconds(30));
  wait_->async_wait([this](boost::system::error_code ec) {
    if (ec) return;
    failure_ = Error(ErrorKind::timeout, "the local worker did not connect within 30 seconds");
    stop();
  });
  io_.run();
  return failure_;
}

void Session::stop() {
  if (stopping_) return;
  stopping_ = true;
  if (wait_) wait_->cancel();
  core_->shut_down();
  io_.stop();  // nothing is pending that must be sent: results are spooled until they are acknowledged
}

void Session::on_event(const app::SweepEvent& event) {
  if (event.kind == "worker" && ready_) {
    wait_->cancel();
    asio::post(io_, std::exchange(ready_, nullptr));
  }
  if (event.kind == "job-finished") restarts_ = 0;
  if (on_event_fn) on_event_fn(event);
}

void Session::on_sweep_finished(store::SweepId sweep) {
  if (on_finished_fn) on_finished_fn(sweep);
}

void Session::on_failed(const Error& error) {
  failure_ = error;
  stop();
}

}  // namespace tripled::cli
