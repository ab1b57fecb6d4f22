#include "tests/e2e/tripled_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "schema/base/file.h"
#include "schema/base/text.h"

extern char** environ;

namespace tripled::e2e {

namespace fs = std::filesystem;

static std::string text_of(const fs::path& file) {
  auto text = read_file(file);
  return text ? *text : std::string();
}

TemporaryDirectory::TemporaryDirectory() {
  auto pattern = (fs::temp_directory_path() / "tripled-e2e-XXXXXX").string();
  path_ = ::mkdtemp(pattern.data());
}
TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path test_cache() {
  if (const char* set = std::getenv("TRIPLED_TEST_CACHE")) return set;
  return fs::path(TRIPLED_BINARY_DIR) / "test-cache";
}

fs::path tripled_program() {
  if (const char* set = std::getenv("TRIPLED_TEST_PROGRAM")) return set;
  return fs::path(TRIPLED_BINARY_DIR) / "bin" / "tripled";
}

fs::path worker_program() { return tripled_program().parent_path() / "tripled-worker"; }

Started::Started(const fs::path& dir, const std::vector<std::string>& args,
                 const std::map<std::string, std::string>& extra_env, const fs::path& cwd,
                 const fs::path& program)
    : out_(dir / "stdout.txt"), err_(dir / "stderr.txt") {
  std::vector<std::string> argv{program.string()};
  argv.insert(argv.end(), args.begin(), args.end());
  std::map<std::string, std::string> env = extra_env;
  for (char** entry = environ; *entry; ++entry) {
    std::string text = *entry;
    auto at = text.find('=');
    env.emplace(text.substr(0, at), text.substr(at + 1));
  }
  std::vector<std::string> env_texts;
  for (const auto& [k, v] : env) env_texts.push_back(k + "=" + v);
  std::vector<char*> argp, envp;
  for (auto& a : argv) argp.push_back(a.data());
  for (auto& e : env_texts) envp.push_back(e.data());
  argp.push_back(nullptr);
  envp.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, out_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  ::posix_spawn_file_actions_addopen(&actions, 2, err_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (!cwd.empty()) ::posix_spawn_file_actions_addchdir_np(&actions, cwd.c_str());
  int rc = ::posix_spawn(&pid_, argp[0], &actions, nullptr, argp.data(), envp.data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (rc != 0) pid_ = -1;
}

Started::~Started() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

// Without a process -1 would mean every one of this machine.
void Started::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

std::string Started::err_so_far() const { return text_of(err_); }

Ran Started::wait(int limit_seconds) {
  Ran ran;
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(limit_seconds);
  int status = 0;
  while (pid_ > 0 && ::waitpid(pid_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, &status, 0);
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  if (pid_ > 0 && WIFEXITED(status)) ran.status = WEXITSTATUS(status);
  pid_ = -1;
  ran.out = text_of(out_);
  ran.err = text_of(err_);
  return ran;
}

Ran run_tripled(const fs::path& dir, const std::vector<std::string>& args,
                const std::map<std::string, std::string>& extra_env, const fs::path& cwd) {
  return Started(dir, args, extra_env, cwd).wait();
}

std::vector<std::string> in_directory(const fs::path& dir, std::vector<std::string> args) {
  for (const auto& a :
       {std::string("--state"), (dir / "state").string(), std::string("--cache"), test_cache().string()})
    args.push_back(a);
  return args;
}

wire::json::value json_report(const fs::path& dir) {
  auto ran = run_tripled(dir, {"report", "--format", "json", "--state", (dir / "state").string()});
  EXPECT_EQ(ran.status, 0) << ran.err;
  auto parsed = wire::parse(ran.out);
  EXPECT_TRUE(parsed.has_value()) << ran.out.substr(0, 400);
  return parsed ? *parsed : wire::json::value(nullptr);
}

std::vector<pid_t> processes_with(const std::string& text) {
  std::vector<pid_t> out;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator("/proc", ec)) {
    auto pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 0 || pid == ::getpid()) continue;
    for (const char* file : {"cmdline", "environ"}) {
      auto content = read_file(entry.path() / file, 4 << 20);
      if (content && contains(*content, text)) {
        out.push_back(pid);
        break;
      }
    }
  }
  return out;
}

}  // namespace tripled::e2e
