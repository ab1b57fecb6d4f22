// Runs the built `tripled` as a person would: own state directory, the shared test cache, everything it
// printed.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "schema/wire/json.h"

namespace tripled::e2e {

struct Ran {
  int status = -1;  // exit status; -1: it did not exit by itself
  std::string out, err;
};

// A directory that is removed with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Shared by all tests but those of the cache itself: TRIPLED_TEST_CACHE or <build>/test-cache.
std::filesystem::path test_cache();
std::filesystem::path tripled_program();
std::filesystem::path worker_program();

// A started tripled whose output goes to files below `dir`.
class Started {
 public:
  Started(const std::filesystem::path& dir, const std::vector<std::string>& args,
          const std::map<std::string, std::string>& extra_env = {}, const std::filesystem::path& cwd = {},
          const std::filesystem::path& program = tripled_program());
  ~Started();  // kills it when nobody waited
  pid_t pid() const { return pid_; }
  void signal(int number) const;  // nothing when it was waited for
  // Bounded: kills it after the limit and reports status -1.
  Ran wait(int limit_seconds = 2400);
  std::string err_so_far() const;

 private:
  std::filesystem::path out_, err_;
  pid_t pid_ = -1;
};

Ran run_tripled(const std::filesystem::path& dir, const std::vector<std::string>& args,
                const std::map<std::string, std::string>& extra_env = {},
                const std::filesystem::path& cwd = {});

// The report of the newest sweep below `state`, as its JSON contract says it.
wire::json::value json_report(const std::filesystem::path& dir);

// `sweep`/`report` arguments that name state and cache below `dir`.
std::vector<std::string> in_directory(const std::filesystem::path& dir, std::vector<std::string> args);

// Processes whose command line or environment holds `text`; our own process left out.
std::vector<pid_t> processes_with(const std::string& text);

}  // namespace tripled::e2e
