#include "workers/agent/spool.h"

#include <algorithm>

#include "schema/base/file.h"
#include "schema/base/hash.h"

namespace tripled::agent {

namespace fs = std::filesystem;

Result<std::unique_ptr<Spool>> Spool::open(fs::path dir, std::size_t max_files) {
  TRIPLED_TRY(make_directories(dir));
  std::unique_ptr<Spool> spool(new Spool(dir, max_files));
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(dir, ec)) {
    if (entry.path().extension() != ".json") continue;
    TRIPLED_ASSIGN(std::string text, read_file(entry.path()));
    auto report = wire::from_text_json<wire::AttemptReport>(text);
    if (!report) return report.error().with("spooled result " + entry.path().string());
    spool->waiting_.push_back(std::move(report).value());
  }
  if (ec) return Error(ErrorKind::io, "reading " + dir.string() + ": " + ec.message());
  return spool;
}

fs::path Spool::file_of(const std::string& attempt) const {
  return dir_ / (sha256_hex(attempt).substr(0, 32) + ".json");
}

Status Spool::add(const wire::AttemptReport& report) {
  auto written = write_file_atomically(file_of(report.attempt), wire::to_text_json(report), true);
  std::lock_guard lock(mutex_);
  waiting_.push_back(report);
  if (!written) unwritten_.insert(report.attempt);
  return written;
}

void Spool::remove(const std::string& attempt) {
  std::lock_guard lock(mutex_);
  std::erase_if(waiting_, [&](const auto& r) { return r.attempt == attempt; });
  unwritten_.erase(attempt);
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
