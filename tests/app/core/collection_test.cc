// The daemon's files keep their ceilings: rows go in small commits, then the files, whether a daemon runs or
// not; the last good sweep's stay.
#include "daemon/app/core/collection.h"

#include "daemon/app/core/core.h"
#include "tests/store/fixture.h"

namespace tripled::app {
namespace {

using store::must;
namespace fs = std::filesystem;

class CollectionTest : public store::StoreTest, public CoreListener {
 protected:
  CollectionTest() : blobs(must(store::BlobStore::open(directory / "blobs"))) {
    limits.ceilings = {{store::BlobClass::log, 3000}};
    limits.every = Millis(0);
  }
  // `count` finished sweeps, each with a log of a thousand bytes that was put yesterday.
  void add_sweeps(store::Store& store, int count) {
    for (int i = 0; i < count; ++i) {
      auto log = must(blobs.put(std::string(999, 'x') + static_cast<char>('a' + i % 26) + std::to_string(i)));
      fs::last_write_time(must(blobs.path_of(log.hash)),
                          fs::file_time_type::clock::now() - std::chrono::hours(24));
      auto tx = must(store.begin());
      auto ids = store::start_attempt(tx);
      must(tx.add_blob({log.hash, 1000, store::BlobClass::log, 5}));
      auto finish = store::a_finish(ids.attempt, 1);
      finish.result.log = log;
      must(tx.finish_attempt(finish));
      must(tx.set_cell_verdict(ids.sweep, store::a_cell().id, Verdict::pass, Expectation::none, ""));
      must(tx.finish_sweep(ids.sweep, store::SweepState::finished, 0, 9));
      must(tx.commit());
    }
  }
  std::size_t files() const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(directory / "blobs"))
      count += entry.is_regular_file();
    return count;
  }
  std::size_t logs() {
    std::size_t count = 0;
    for (store::SweepId id = 1; auto found = must(reader().sweep(id)); ++id)
      count += must(reader().load_sweep(id)).jobs.at(0).attempts.at(0).row.log.hash.empty() ? 0 : 1;
    return count;
  }
  void on_event(const SweepEvent&) override {}
  void on_sweep_finished(store::SweepId) override {}
  void on_failed(const Error& error) override { ADD_FAILURE() << error.message(); }
  store::BlobStore blobs;
  DiskLimits limits;
};

TEST_F(CollectionTest, WithoutADaemon) {
  auto store = open();
  add_sweeps(store, 10);
  auto collected = must(collect(store, blobs, limits));
  EXPECT_EQ(collected.files, 8u);
  EXPECT_EQ(collected.bytes, 8000u);
  EXPECT_EQ(files(), 2u);
  EXPECT_EQ(logs(), 2u);
  EXPECT_FALSE(must(reader().load_sweep(10)).jobs.at(0).attempts.at(0).row.log.hash.empty());
  EXPECT_EQ(must(collect(store, blobs, limits)).files, 0u);
  expect_sound();
}

// In several commits, between which the daemon does its work.
TEST_F(CollectionTest, InARunningDaemon) {
  boost::asio::io_context io;
  auto store = open();
  const int count = static_cast<int>(blobs_a_transaction) + 50;
  add_sweeps(store, count);
  CoreOptions options;
  options.state = directory;
  options.disk = limits;
  Core core(io, options, std::move(store), blobs, *this);
  must(core.listen());
  core.collect();
  core.collect();  // one at a time
  for (int i = 0; i < 2000 && files() > 2; ++i) {
    io.restart();
    io.run_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(files(), 2u);
  io.restart();
  io.run_for(std::chrono::milliseconds(50));
  EXPECT_EQ(must(reader().blobs()).size(), 2u);
  EXPECT_GE(core.commits(), 3u);
  expect_sound();
}

}  // namespace
}  // namespace tripled::app
