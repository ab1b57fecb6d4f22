// tripled-worker: connects to a daemon, takes leases, runs jobs.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "schema/base/file.h"
#include "schema/base/size.h"
#include "schema/base/text.h"
#include "schema/program/completion.h"
#include "schema/program/log.h"
#include "schema/program/man.h"
#include "workers/agent/agent.h"
#include "workers/agent/enrol.h"
#include "workers/exec/shim.h"

namespace {

std::uint64_t nine_tenths_of_memory() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / 10 * 9;
}

std::filesystem::path xdg(const char* variable, const char* below_home) {
  if (const char* set = std::getenv(variable); set && *set == '/')
    return std::filesystem::path(set) / "tripled";
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home ? home : "/") / below_home / "tripled";
}

// As they are given: `8 GiB`, or `none`.
struct Sizes {
  std::string cache_limit, least_free;
  std::string job_memory = tripled::format_size(nine_tenths_of_memory()), job_file = "32 GiB";
};

void define_limits(CLI::App& app, tripled::agent::AgentOptions& options, Sizes& sizes) {
  sizes.cache_limit = tripled::format_size(options.cache_limit);
  sizes.least_free = tripled::format_size(options.least_free);
  options.job_limits.processes = 4096;
  app.add_option("--cache-limit", sizes.cache_limit, "what the cache may hold, such as `100 GiB`, or `none`")
      ->capture_default_str();
  app.add_option("--least-free", sizes.least_free,
                 "room on the cache's disk below which nothing more is taken, or `none`")
      ->capture_default_str();
  app.add_option("--job-processes", *options.job_limits.processes, "processes that a job may have at once")
      ->capture_default_str();
  app.add_option("--job-memory", sizes.job_memory, "memory that a job may take, or `none`")
      ->default_str("nine tenths of the machine's");
  app.add_option("--job-file", sizes.job_file, "the largest file that a job may write, or `none`")
      ->capture_default_str();
}

// `none` is 0. False: it is no size, and the log says so.
bool read_size(const char* option, const std::string& text, std::uint64_t& out) {
  auto size = tripled::parse_size(text == "none" ? "0 B" : text);
  if (size)
    out = *size;
  else
    spdlog::error("{} {}: expected a size with its unit such as `100 GiB`, or `none`", option, text);
  return size.has_value();
}

bool read_limits(const Sizes& sizes, tripled::agent::AgentOptions& options) {
  std::uint64_t memory = 0, file = 0;
  if (!read_size("--cache-limit", sizes.cache_limit, options.cache_limit) ||
      !read_size("--least-free", sizes.least_free, options.least_free) ||
      !read_size("--job-memory", sizes.job_memory, memory) || !read_size("--job-file", sizes.job_file, file))
    return false;
  if (memory > 0) options.job_limits.memory = memory;
  if (file > 0) options.job_limits.file_size = file;
  return true;
}

std::string host_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

// For packaging: a completion script, or the man page of a date (`man=YYYY-MM-DD`).
int describe(const CLI::App& app, const std::string& what) {
  namespace program = tripled::program;
  const auto command = program::read_command(app, "tripled-worker");
  if (what.rfind("man=", 0) == 0) {
    program::ManHeader header{"tripled-worker", 1, what.substr(4), "tripled " TRIPLED_VERSION};
    std::fputs(program::man_page(command, header, {"tripled(1)"}).c_str(), stdout);
    return 0;
  }
  auto script = program::completion_for(what, command);
  std::fputs(script ? script->c_str() : (script.error().message() + "\n").c_str(), script ? stdout : stderr);
  return script ? 0 : 2;
}

// A token is a secret: it comes from a file, standard input (`-`) or the environment, never from an argument.
tripled::Result<std::string> read_secret(const std::string& file) {
  std::string text;
  if (file == "-") {
    std::getline(std::cin, text);
  } else {
    auto read = tripled::read_file(file, 4096);
    if (!read) return tripled::usage_error("--enrol " + file + ": " + read.error().message());
    text = *read;
  }
  auto secret = std::string(tripled::trim(text));
  if (secret.empty()) return tripled::usage_error("--enrol " + file + ": there is no token in it");
  return secret;
}

// Of the environment, else its own, else one that it gets now by `enrolment` (a file; empty: none).
tripled::Result<std::string> worker_token(const tripled::agent::AgentOptions& options,
                                          const std::string& enrolment) {
  std::string token;
  if (const char* set = std::getenv("TRIPLED_WORKER_TOKEN")) token = set;
  ::unsetenv("TRIPLED_WORKER_TOKEN");  // never in the environment of a job
  if (!token.empty()) return token;
  TRIPLED_ASSIGN(token, tripled::agent::own_token(options.state));
  if (enrolment.empty()) return token;
  if (!token.empty()) {
    spdlog::info("this worker has its own token already ({}): --enrol is not looked at",
                 (options.state / "worker.token").string());
    return token;
  }
  auto daemon = options.daemon;
  TRIPLED_ASSIGN(daemon.token, read_secret(enrolment));
  TRIPLED_ASSIGN(token, tripled::agent::enrol(daemon, options.name, options.state));
  spdlog::info("enrolled as worker {}: its own token is kept in {}", options.name,
               (options.state / "worker.token").string());
  return token;
}

}  // namespace

int main(int argc, char** argv) {
  if (auto status = tripled::exec::dispatch_shim(argc, argv)) return *status;
  tripled::program::log_to_stderr("tripled-worker");

  tripled::agent::AgentOptions options;
  options.name = host_name();
  options.cache = xdg("XDG_CACHE_HOME", ".cache");
  options.state = xdg("XDG_STATE_HOME", ".local/state");
  std::string daemon, ca;
  CLI::App app("Runs cargo jobs for a tripled daemon.");
  app.footer(
      "The daemon's token is read from the environment variable TRIPLED_WORKER_TOKEN, else it is the one "
      "that\n--enrol got and keeps in the state directory (worker.token). TRIPLED_GIT_CREDENTIALS may name a "
      "file of\ngit-credential-store(1) for repositories that ask who is there.\n\n"
      "Examples:\n  tripled-worker --daemon https://ci.example:7420 --name build-3 --enrol enrol.token\n"
      "  TRIPLED_WORKER_TOKEN=… tripled-worker --daemon 127.0.0.1:7420 --slots 4");
  app.set_version_flag("--version", TRIPLED_VERSION);
  app.add_option("--daemon", daemon, "https://HOST:PORT of the daemon; http:// or HOST:PORT for plain HTTP")
      ->required();
  app.add_option("--ca", ca, "the certificates that may vouch for the daemon (PEM); default: the system's");
  app.add_option("--name", options.name, "name of this worker, unique at its daemon")
      ->default_str("the host's name");
  app.add_option("--slots", options.slots, "batches that run at once")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--pool", options.pool, "workers of one pool share work, those of two never")
      ->capture_default_str();
  std::string enrolment;
  app.add_option(
      "--enrol", enrolment,
      "a file with an enrolment token (`tripled token enrol`), `-`: standard input; exchanged, once, "
      "for a token of its own");
  bool compile_only = false, execute_only = false;
  auto* duty =
      app.add_flag("--compile-only", compile_only, "what is linked here is executed by other workers");
  app.add_flag("--execute-only", execute_only, "executes what other workers linked")->excludes(duty);
  app.add_option("--label", options.labels, "a label that a matrix may ask for; repeatable");
  app.add_option("--cache", options.cache, "stds, snapshots, target dirs")->capture_default_str();
  Sizes sizes;
  define_limits(app, options, sizes);
  app.add_option("--state", options.state, "results that are not acknowledged yet")->capture_default_str();
  app.add_flag("--exit-on-stdin-eof", options.exit_on_stdin_eof, "end with the program that started it");
  if (argc == 3 && std::string(argv[1]) == "--describe") return describe(app, argv[2]);
  CLI11_PARSE(app, argc, argv);

  for (auto* dir : {&options.cache, &options.state})
    *dir = std::filesystem::absolute(*dir).lexically_normal();
  options.executes = !compile_only;
  options.compiles = !execute_only;
  if (!read_limits(sizes, options)) return 2;
  auto address = tripled::agent::parse_daemon_address(daemon, ca);
  if (!address) {
    spdlog::error("{}", address.error().message());
    return 2;
  }
  options.daemon = std::move(address).value();
  auto token = worker_token(options, enrolment);
  if (!token) {
    spdlog::error("{}", token.error().message());
    return token.error().kind() == tripled::ErrorKind::usage ? 2 : 1;
  }
  options.daemon.token = std::move(token).value();
  return tripled::agent::run_agent(std::move(options));
}
