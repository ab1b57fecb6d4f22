#include "workers/probe/shell.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "schema/base/text.h"
#include "workers/workdir/git.h"

namespace tripled::probe {
namespace {

constexpr std::size_t kLoggedBytes = 4096;  // of each stream of one command
constexpr std::size_t kLineBytes = 300;

Millis scaled_by_load(Millis limit) {
  double load = 0;
  if (::getloadavg(&load, 1) != 1) return limit;
  double cores = std::max(1u, std::thread::hardware_concurrency());
  return Millis(
      static_cast<Millis::rep>(static_cast<double>(limit.count()) * std::clamp(load / cores, 1.0, 6.0)));
}

std::string bounded(std::string_view text) {
  if (text.size() <= kLoggedBytes) return std::string(text);
  auto half = kLoggedBytes / 2;
  return fmt::format("{}\n[tripled: {} bytes left out]\n{}", text.substr(0, half), text.size() - kLoggedBytes,
                     text.substr(text.size() - half));
}

std::string cut(std::string_view line) {
  line = trim(line);
  return to_valid_utf8(line.size() <= kLineBytes ? std::string(line)
                                                 : std::string(line.substr(0, kLineBytes)) + " …");
}

// What a killed worker left behind.
void remove_old(const std::filesystem::path& parent) {
  std::error_code error;
  auto limit = std::filesystem::file_time_type::clock::now() - std::chrono::hours(24);
  for (const auto& entry : std::filesystem::directory_iterator(parent, error))
    if (auto time = entry.last_write_time(error); !error && time < limit)
      std::filesystem::remove_all(entry.path(), error);
}

}  // namespace

ProbeShell::~ProbeShell() {
  std::error_code ignored;
  if (!scratch_.empty()) std::filesystem::remove_all(scratch_, ignored);
}

exec::Captured ProbeShell::run(const std::vector<std::string>& argv,
                               const std::map<std::string, std::string>& env, Millis limit,
                               const std::filesystem::path& cwd) {
  exec::Command command{argv, environment_, cwd};
  for (const auto& [key, value] : env) command.env[key] = value;
  exec::Limits limits;
  limits.timeout = scaled_by_load(limit);
  limits.grace = Millis(500);
  std::string line = "$";
  for (const auto& [key, value] : env) line += " " + key + "=" + shell_quote(value);
  log_ += line + " " + shell_join(argv) + "\n";
  auto captured = exec::capture(command, limits, context_.cancel, context_.shim);
  exec::Captured out;
  if (captured) {
    out = std::move(captured).value();
  } else {
    out.result.kind = exec::OutcomeKind::could_not_start;
    out.result.start_failure = exec::StartFailure::other;
    out.result.start_error = captured.error().message();
  }
  for (std::string_view stream : {std::string_view(out.out), std::string_view(out.err)}) {
    if (stream.empty()) continue;
    log_ += to_valid_utf8(bounded(stream));
    if (log_.back() != '\n') log_ += '\n';
  }
  log_ += fmt::format("-> {} ({})\n", exec::describe(out.result), format_duration(out.result.duration));
  return out;
}

exec::Captured ProbeShell::run_twice(const std::vector<std::string>& argv,
                                     const std::map<std::string, std::string>& env, Millis limit) {
  auto first = run(argv, env, limit);
  if (first.result.kind != exec::OutcomeKind::timed_out) return first;
  return run(argv, env, limit * 2);
}

void ProbeShell::note(std::string_view line) {
  log_ += "# ";
  log_ += line;
  log_ += '\n';
}

Result<std::filesystem::path> ProbeShell::scratch() {
  if (scratch_.empty()) {
    auto parent = context_.cache / "preflight" / "scratch";
    remove_old(parent);
    auto dir = parent / random_hex();
    TRIPLED_TRY(make_directories(dir));
    scratch_ = dir;
  }
  return scratch_;
}

std::string ProbeShell::find(const std::string& name) const {
  if (name.find('/') == std::string::npos) return workdir::find_program(name, context_.path());
  return name.front() == '/' && ::access(name.c_str(), X_OK) == 0 ? name : std::string();
}

std::string first_line(std::string_view text) {
  for (const auto& line : split(text, '\n'))
    if (!trim(line).empty()) return cut(line);
  return "";
}

std::string last_line(std::string_view text) {
  auto lines = split(text, '\n');
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    if (!trim(*line).empty()) return cut(*line);
  return "";
}

}  // namespace tripled::probe
