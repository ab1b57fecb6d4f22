// How much the state directory holds and how much room there is, for metrics: looked at now and then on a
// thread of its own, so that a scrape waits for no disk. io thread.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>

#include "daemon/app/core/collection.h"
#include "daemon/metrics/exposition.h"

namespace tripled::app {

// Blocking; any thread. What cannot be read is missing or 0.
metrics::StorageState measure_storage(const std::filesystem::path& state, const DiskLimits& limits);

class StorageGauge {
 public:
  // Looks once before it returns.
  StorageGauge(boost::asio::io_context& io, std::filesystem::path state, DiskLimits limits);
  ~StorageGauge();  // waits for a look that is being taken
  const metrics::StorageState& last() const { return *last_; }

 private:
  void wait();

  boost::asio::io_context& io_;
  const std::filesystem::path state_;
  const DiskLimits limits_;
  boost::asio::steady_timer timer_;
  // Outlives the gauge, as a look that is on its way back does.
  std::shared_ptr<metrics::StorageState> last_;
  std::shared_ptr<bool> over_ = std::make_shared<bool>(false);
  boost::asio::thread_pool thread_{1};
};

}  // namespace tripled::app
