// Nothing of a process survives: neither what it left behind, nor what the death of the worker or the shim
// leaves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <future>

#include "tests/workers_exec/shim_test_main.h"
#include "tests/workers_exec/support.h"

namespace tripled::test {
namespace {

using exec::OutcomeKind;

constexpr const char* kDoubleFork = "(setsid sh -c 'sleep 600; :' </dev/null >/dev/null 2>&1 &) ; ";

TEST(Leftover, DoubleForkInANewSession) {
  auto marker = unique_marker();
  auto got = must_capture(shell(std::string(kDoubleFork) + "sleep 0.3; echo done", marker));
  EXPECT_EQ(got.result.kind, OutcomeKind::exited);
  EXPECT_EQ(got.out, "done\n");
  EXPECT_EQ(got.result.leftover_killed, 2);  // the shell and its sleep
  EXPECT_EQ(got.result.survivors, 0);
  EXPECT_TRUE(processes_with(marker).empty());
}

TEST(Leftover, NoneIsCountedWhereNoneWas) {
  auto got = must_capture(shell("true | cat; (sleep 0.01 &)"));
  EXPECT_EQ(got.result.leftover_killed, 0);
}

TEST(Leftover, ABackgroundProcessThatHoldsThePipes) {
  auto marker = unique_marker();
  auto got = must_capture(shell("setsid sleep 600 & echo parent", marker));
  EXPECT_EQ(got.result.kind, OutcomeKind::exited);
  EXPECT_EQ(got.out, "parent\n");
  EXPECT_TRUE(processes_with(marker).empty());
}

TEST(Leftover, ManyNestedProcesses) {
  auto marker = unique_marker();
  auto got =
      must_capture(shell("i=0; while [ $i -lt 60 ]; do (setsid sh -c 'sleep 600 & sleep 600 & wait' "
                         ">/dev/null 2>&1 &); i=$((i+1)); done; sleep 1",
                         marker));
  EXPECT_EQ(got.result.kind, OutcomeKind::exited);
  EXPECT_EQ(got.result.leftover_killed, 180);
  EXPECT_TRUE(processes_with(marker).empty());
}

// Forks and exits for ever, in a new session each time: at any look another process. Ends itself after 30 s.
int hop(int argc, char** argv) {
  const bool new_session = argc > 2 && std::string_view(argv[2]) == "setsid";
  if (::fork() != 0) return 0;
  const auto deadline = std::chrono::steady_clock::now() + Millis(30'000);
  while (std::chrono::steady_clock::now() < deadline) {
    pid_t child = ::fork();
    if (child > 0) ::_exit(0);
    if (child == 0 && new_session) ::setsid();
  }
  ::_exit(0);
}
const bool hop_registered = register_helper("helper-hop", &hop);

TEST(Leftover, AProcessThatForksAndExitsForEver) {
  ASSERT_TRUE(hop_registered);
  for (const char* session : {"same", "setsid"}) {
    auto marker = unique_marker();
    auto got = must_capture(helper({"helper-hop", session}, marker));
    EXPECT_EQ(got.result.kind, OutcomeKind::exited);
    EXPECT_EQ(got.result.survivors, 0) << session;
    EXPECT_TRUE(processes_with(marker).empty()) << session;
    EXPECT_GE(got.result.leftover_killed, 1) << session;
  }
}

// The first thread ends, another goes on: /proc says zombie, though the process lives.
int lose_first_thread(int, char**) {
  if (::fork() > 0) return 0;
  pthread_t thread;
  auto sleep_long = [](void*) -> void* {
    ::sleep(60);
    return nullptr;
  };
  if (::pthread_create(&thread, nullptr, sleep_long, nullptr) != 0) return 1;
  ::pthread_exit(nullptr);
}
const bool thread_registered = register_helper("helper-lose-first-thread", &lose_first_thread);

TEST(Leftover, AProcessWhoseFirstThreadIsGone) {
  ASSERT_TRUE(thread_registered);
  auto marker = unique_marker();
  auto got = must_capture(helper({"helper-lose-first-thread"}, marker));
  EXPECT_EQ(got.result.survivors, 0);
  EXPECT_EQ(got.result.leftover_killed, 1);
  EXPECT_TRUE(children_of(::getpid()).empty());
}

// A worker of its own, to be killed: runs argv[2] in a shell.
int worker(int argc, char** argv) {
  if (argc < 4) return 2;
  must_capture(shell(argv[2], argv[3]));
  return 0;
}
const bool worker_registered = register_helper("helper-worker", &worker);

pid_t start_worker(const std::string& script, const std::string& marker) {
  auto path = own_path();
  pid_t pid = ::fork();
  if (pid == 0) {
    ::execl(path.c_str(), path.c_str(), "helper-worker", script.c_str(), marker.c_str(), nullptr);
    ::_exit(127);
  }
  return pid;
}

TEST(WorkerKilled, EverythingEnds) {
  ASSERT_TRUE(worker_registered);
  auto marker = unique_marker();
  pid_t pid = start_worker(std::string(kDoubleFork) + "trap '' TERM; while :; do sleep 1; done", marker);
  ASSERT_GT(pid, 0);
  // worker, program, its sleep, the daemon and its sleep
  ASSERT_TRUE(eventually([&] { return processes_with(marker).size() >= 5; }));
  std::vector<pid_t> shims;
  for (const auto& outer : children_of(pid)) {
    shims.push_back(outer.pid);
    for (const auto& inner : children_of(outer.pid)) shims.push_back(inner.pid);
  }
  EXPECT_EQ(shims.size(), 2u);
  ASSERT_EQ(::kill(pid, SIGKILL), 0);
  ::waitpid(pid, nullptr, 0);
  EXPECT_TRUE(eventually([&] { return processes_with(marker).empty(); }));
  EXPECT_TRUE(eventually([&] {
    for (const auto& entry : exec::list_processes())
      if (!entry.zombie() && std::find(shims.begin(), shims.end(), entry.pid) != shims.end()) return false;
    return true;
  }));
}

// Kills one process of the shim while a program with a daemon runs under it.
void attack_shim(bool inner) {
  auto marker = unique_marker();
  auto running = std::async(std::launch::async, [&] {
    exec::Limits limits;
    limits.timeout = Millis(60'000);
    exec::CancelToken cancel;
    return exec::capture(shell(std::string(kDoubleFork) + "sleep 600; :", marker), limits, cancel,
                         exec::ShimPath::self());
  });
  ASSERT_TRUE(eventually([&] { return processes_with(marker).size() >= 4; }));
  auto outer = children_of(::getpid());
  ASSERT_EQ(outer.size(), 1u);
  auto victim = outer.front().pid;
  if (inner) {
    auto below = children_of(victim);
    ASSERT_EQ(below.size(), 1u);
    victim = below.front().pid;
  }
  ASSERT_EQ(::kill(victim, SIGKILL), 0);
  auto got = running.get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind(), ErrorKind::tool);
  EXPECT_THAT(got.error().message(), testing::HasSubstr("killed"));
  EXPECT_TRUE(processes_with(marker).empty());
  // The process goes on as if nothing had been.
  EXPECT_EQ(must_capture(shell("echo alive")).out, "alive\n");
}

TEST(ShimKilled, OuterProcess) { attack_shim(false); }
TEST(ShimKilled, InnerProcess) { attack_shim(true); }

TEST(ShimKilled, ByItsOwnProgram) {
  auto marker = unique_marker();
  exec::CancelToken cancel;
  auto got = exec::capture(shell("kill -9 $PPID; sleep 600", marker), {}, cancel, exec::ShimPath::self());
  EXPECT_FALSE(got);
  EXPECT_TRUE(processes_with(marker).empty());
}

TEST(ShimKilled, BothProcesses) {
  auto marker = unique_marker();
  exec::CancelToken cancel;
  auto got = exec::capture(shell("kill -9 $(cut -d' ' -f4 /proc/$PPID/stat) $PPID; sleep 600", marker), {},
                           cancel, exec::ShimPath::self());
  EXPECT_FALSE(got);
  EXPECT_TRUE(eventually([&] { return processes_with(marker).empty(); }));
}

TEST(ShimStopped, ByItsOwnProgram) {
  auto got = must_capture(shell("kill -STOP $PPID; echo on; exit 7"));
  EXPECT_EQ(got.result.kind, OutcomeKind::exited);
  EXPECT_EQ(got.result.code, 7);
  EXPECT_EQ(got.out, "on\n");
}

TEST(ShimStopped, BothProcessesStillObeyATimeout) {
  auto marker = unique_marker();
  exec::Limits limits;
  limits.timeout = Millis(2000);
  auto got =
      must_capture(shell("kill -STOP $(cut -d' ' -f4 /proc/$PPID/stat) $PPID; sleep 600; :", marker), limits);
  EXPECT_EQ(got.result.kind, OutcomeKind::timed_out);
  EXPECT_TRUE(processes_with(marker).empty());
}

TEST(ShimKilled, SignalsToItsGroupAreNotForTheShim) {
  auto got = must_capture(shell("trap 'exit 4' TERM; kill -TERM 0; sleep 5"));
  EXPECT_EQ(got.result.kind, OutcomeKind::exited);
  EXPECT_EQ(got.result.code, 4);
}

TEST(ShimByHand, SaysWhatItIs) {
  exec::Command command;
  command.argv = {own_path(), "shim"};
  auto got = must_capture(command);
  EXPECT_EQ(got.result.code, 2);
  EXPECT_THAT(got.err, testing::HasSubstr("started by the worker only"));
}

}  // namespace
}  // namespace tripled::test
