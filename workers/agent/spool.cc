#include "workers/agent/spool.h"

#include <algorithm>
#include <utility>

#include "schema/base/file.h"
#include "schema/base/hash.h"

namespace tripled::agent {

namespace fs = std::filesystem;

// What was in it is of no use to the daemon, but may be to people.
static std::string set_bad_file_aside(const fs::path& file, const Error& error) {
  auto aside = file;
  aside += ".bad";
  std::error_code ec;
  fs::rename(file, aside, ec);
  return "spooled result " + file.string() + " is set aside as .bad: " + error.message();
}

static Result<wire::AttemptReport> read_report(const fs::path& file) {
  TRIPLED_ASSIGN(std::string text, read_file(file));
  TRIPLED_ASSIGN(wire::AttemptReport report, wire::from_text_json<wire::AttemptReport>(text));
  if (report.attempt.empty()) return Error(ErrorKind::protocol, "it names no attempt");
  return report;
}

Result<std::unique_ptr<Spool>> Spool::open(fs::path dir, std::size_t max_files) {
  TRIPLED_TRY(make_directories(dir));
  std::unique_ptr<Spool> spool(new Spool(dir, max_files));
  std::vector<fs::path> files;  // first all of them: renaming while listing may show one twice
  std::error_code ec;
  for (fs::directory_iterator entry(dir, ec), end; !ec && entry != end; entry.increment(ec))
    files.push_back(entry->path());
  if (ec) return Error(ErrorKind::io, "reading " + dir.string() + ": " + ec.message());
  for (const auto& file : files) {
    std::error_code ignored;
    if (file.extension().string().rfind(".tmp-", 0) == 0) fs::remove(file, ignored);
    if (file.extension() != ".json") continue;
    if (auto report = read_report(file)) {
      spool->files_.insert(report->attempt);
      spool->waiting_.push_back(std::move(report).value());
    } else {
      spool->set_aside_.push_back(set_bad_file_aside(file, report.error()));
    }
  }
  return spool;
}

fs::path Spool::file_of(const std::string& attempt) const {
  return dir_ / (sha256_hex(attempt).substr(0, 32) + ".json");
}

bool Spool::holds(const std::string& attempt) const {
  return std::any_of(waiting_.begin(), waiting_.end(), [&](const auto& r) { return r.attempt == attempt; });
}

void Spool::hold(const wire::AttemptReport& report) {
  std::lock_guard lock(mutex_);
  std::erase_if(waiting_, [&](const auto& r) { return r.attempt == report.attempt; });
  waiting_.push_back(report);
}

Status Spool::keep(const wire::AttemptReport& report) {
  {
    std::lock_guard lock(mutex_);
    if (!holds(report.attempt)) return {};
    files_.insert(report.attempt);
  }
  auto written = write_file_atomically(file_of(report.attempt), wire::to_text_json(report), true);
  std::lock_guard lock(mutex_);
  std::error_code ignored;
  if (!holds(report.attempt))  // acknowledged while it was written
    fs::remove(file_of(report.attempt), ignored);
  else if (!written)
    unwritten_.insert(report.attempt);
  return written;
}

Status Spool::keep_waiting(Which which) {
  std::vector<wire::AttemptReport> reports;
  {
    std::lock_guard lock(mutex_);
    const auto before = std::exchange(older_, {});
    for (const auto& report : waiting_) {
      if (files_.count(report.attempt)) continue;
      if (which == Which::all || before.count(report.attempt))
        reports.push_back(report);
      else
        older_.insert(report.attempt);
    }
  }
  Status first;
  for (const auto& report : reports)
    if (auto kept = keep(report); !kept && first) first = kept;
  return first;
}

bool Spool::has_unkept() const {
  std::lock_guard lock(mutex_);
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [&](const auto& r) { return !files_.count(r.attempt); });
}

void Spool::remove(const std::string& attempt) {
  std::lock_guard lock(mutex_);
  std::erase_if(waiting_, [&](const auto& r) { return r.attempt == attempt; });
  unwritten_.erase(attempt);
  if (files_.erase(attempt) == 0) return;
  std::error_code ignored;
  fs::remove(file_of(attempt), ignored);
}

std::vector<wire::AttemptReport> Spool::all() const {
  std::lock_guard lock(mutex_);
  return waiting_;
}

bool Spool::full() const {
  std::lock_guard lock(mutex_);
  return waiting_.size() >= max_files_ || !unwritten_.empty();
}

}  // namespace tripled::agent
