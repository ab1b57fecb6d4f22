#include "workers/agent/spool_writer.h"

#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>

#include "schema/base/failpoint.h"

namespace tripled::agent {

namespace asio = boost::asio;

void SpoolWriter::soon(bool connected) {
  if (!connected) return all_now();
  if (due_) return;
  due_ = waiting_ = true;
  timer_.expires_after(delay);
  timer_.async_wait([this](boost::system::error_code) {
    due_ = false;
    const bool waits = waiting_;
    asio::post(thread_, [this, waits] { write(waits ? Spool::Which::older : Spool::Which::all); });
    if (waits && spool_.has_unkept()) soon(true);
  });
}

void SpoolWriter::all_now() {
  waiting_ = false;
  if (timer_.cancel() == 0) asio::post(thread_, [this] { write(Spool::Which::all); });
}

void SpoolWriter::join() {
  asio::post(thread_, [this] { write(Spool::Which::all); });
  thread_.join();
}

void SpoolWriter::write(Spool::Which which) {
  if (auto kept = spool_.keep_waiting(which); !kept) spdlog::error("{}", kept.error().message());
  failpoint("worker.result.spooled");
}

}  // namespace tripled::agent
