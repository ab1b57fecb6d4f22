// A writer is killed in the middle of its work, many times: what it was told is committed is there, what it
// was not told is whole or absent, and the database is sound.
#include <sys/wait.h>

#include <csignal>

#include "tests/store/fixture.h"

namespace tripled::store {
namespace {

class Crash : public StoreTest {
 protected:
  // Commits groups of two jobs, says each committed number through the pipe, for ever. Runs in the child.
  [[noreturn]] void write_until_killed(int out) const {
    auto store = try_open();
    if (!store) ::_exit(1);
    for (std::int32_t n = 0;; ++n) {
      auto tx = store->begin();
      if (!tx) ::_exit(2);
      const Ids ids = start_attempt(*tx);
      AttemptFinish finish = a_finish(ids.attempt, 1);
      for (int i = 0; i < 50; ++i)
        finish.result.tests.push_back(a_test("test::" + std::to_string(n * 50 + i)));
      if (!tx->finish_attempt(finish) || !tx->commit()) ::_exit(3);
      const auto committed = static_cast<std::int32_t>(ids.sweep);
      if (::write(out, &committed, sizeof committed) != sizeof committed) ::_exit(4);
      auto open_ended = store->begin();  // killed here, this one never was
      if (!open_ended || !open_ended->create_sweep(a_sweep())) ::_exit(5);
    }
  }
};

TEST_F(Crash, KilledWriterLosesNothingItWasToldIsCommitted) {
  std::int32_t last = 0;
  for (int round = 0; round < 8; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe_ends[0]);
      write_until_killed(pipe_ends[1]);
    }
    ::close(pipe_ends[1]);
    for (int heard = 0; heard <= round * 3; ++heard)
      ASSERT_EQ(::read(pipe_ends[0], &last, sizeof last), static_cast<ssize_t>(sizeof last));
    ::usleep(static_cast<useconds_t>(round) * 700);  // somewhere in the next group
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    for (std::int32_t more = 0; ::read(pipe_ends[0], &more, sizeof more) == sizeof more;) last = more;
    ::close(pipe_ends[0]);

    Store store = open();
    const SweepRecord record = must(reader().load_sweep(last));
    EXPECT_EQ(record.jobs.at(0).attempts.at(0).result->tests.size(), 50u);
    // Groups are whole: no sweep without its finished attempt, no attempt without its tests.
    EXPECT_EQ(sql("SELECT count(*) FROM sweeps s WHERE NOT EXISTS (SELECT 1 FROM jobs j JOIN attempts a ON "
                  "a.job = j.id "
                  "WHERE j.sweep = s.id AND a.finished_at IS NOT NULL)"),
              "0");
    EXPECT_EQ(sql("SELECT count(*) FROM attempts a WHERE (SELECT count(*) FROM test_runs t WHERE t.attempt = "
                  "a.id) <> 1"),
              "0");
    expect_sound();
    EXPECT_EQ(must(reader().restore()).leases.size(),
              static_cast<std::size_t>(std::stoll(sql("SELECT count(*) FROM "
                                                      "sweeps"))));
  }
}

TEST_F(Crash, KilledAtTheVeryFirstStart) {
  for (int round = 0; round < 12; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto store = try_open();
      for (;;) ::pause();
    }
    ::usleep(static_cast<useconds_t>(round) * 1500);
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    auto store = try_open();
    ASSERT_TRUE(store) << store.error().message();
    EXPECT_EQ(store->store_id().size(), 32u);
    expect_sound();
    store = Error();
    for (const auto& entry : std::filesystem::directory_iterator(directory))
      std::filesystem::remove(entry.path());
  }
}

}  // namespace
}  // namespace tripled::store
