#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "tests/bench/engine/measures.h"
#include "tests/bench/engine/played.h"

extern char** environ;

namespace tripled::bench {
namespace {

using std::chrono::steady_clock;

pid_t spawn(std::vector<std::string> words, const std::map<std::string, std::string>& extra,
            const std::string& log) {
  std::vector<std::string> env;
  for (char** entry = environ; *entry; ++entry) env.emplace_back(*entry);
  for (const auto& [name, value] : extra) env.push_back(name + "=" + value);
  std::vector<char*> argv, envp;
  for (auto& word : words) argv.push_back(word.data());
  for (auto& one : env) envp.push_back(one.data());
  argv.push_back(nullptr);
  envp.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  if (!log.empty())
    ::posix_spawn_file_actions_addopen(&actions, 2, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  pid_t pid = -1;
  int failed = ::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), envp.data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start " + words[0]);
  return pid;
}

// The floor: the same process, started and waited for, two in flight.
double plain_starts_a_second(int count) {
  auto before = steady_clock::now();
  int running = 0;
  for (int i = 0; i < count; ++i) {
    if (running == 2) {
      ::wait(nullptr);
      --running;
    }
    spawn({"/bin/true"}, {}, "");
    ++running;
  }
  for (; running > 0; --running) ::wait(nullptr);
  return count / std::chrono::duration<double>(steady_clock::now() - before).count();
}

// The process, not what was played before it.
bool is_real(const app::Core& core) {
  for (const auto& worker : core.scheduler().workers())
    if (worker.connected && worker.instance != "1") return true;
  return false;
}

}  // namespace

void measure_no_op(const std::filesystem::path& directory, const std::filesystem::path& worker, int jobs) {
  Played played(directory);
  played.add_sweep(jobs, {Stage::execute});
  played.add_worker("played", jobs);
  while (played.kept() < static_cast<std::size_t>(jobs)) played.turn(1000, {});
  // What it linked it also runs: the real worker goes on in its name, as after a restart.
  played.drain_worker("played");
  played.give_back();
  while (!played.core->scheduler().running().empty()) played.turn(1000, {});

  const double before = plain_starts_a_second(jobs);
  auto log = (directory / "worker.log").string();
  const auto commits = played.core->commits();
  auto started = steady_clock::now();
  auto pid = spawn(
      {worker.string(), "--daemon", "127.0.0.1:" + std::to_string(played.core->port()), "--name", "played",
       "--slots", "2", "--cache", (directory / "cache").string(), "--state", (directory / "w").string()},
      {{"TRIPLED_WORKER_TOKEN", "played"}}, log);
  while (!is_real(*played.core)) played.turn(0, {});
  played.core->change_worker(sched::UndrainWorker{"played"});
  while (played.core->scheduler().running().empty()) played.turn(0, {});
  started = steady_clock::now();  // connecting is not working
  while (!played.finished()) played.io.restart(), played.io.run_one_for(std::chrono::milliseconds(100));
  const double seconds = std::chrono::duration<double>(steady_clock::now() - started).count();
  ::kill(pid, SIGTERM);
  ::waitpid(pid, nullptr, 0);
  const double after = plain_starts_a_second(jobs);
  std::printf("{\"jobs\": %d, \"jobs_a_second\": %.1f, \"commits\": %llu, \"posix_spawn_a_second\": %.1f}\n",
              jobs, jobs / seconds, static_cast<unsigned long long>(played.core->commits() - commits),
              (before + after) / 2);
}

}  // namespace tripled::bench
