// Results that the daemon has not acknowledged yet: one synced file each, so that a worker that dies or is
// cut off loses none. Any thread.
#pragma once
#include <filesystem>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "schema/wire/message.h"

namespace tripled::agent {

class Spool {
 public:
  // Reads what an earlier process left. A file that is no result is renamed to `.bad` and costs no other.
  // `max_files` waiting means: take no lease.
  static Result<std::unique_ptr<Spool>> open(std::filesystem::path dir, std::size_t max_files = 10'000);

  // What was set aside, and why; for the log.
  const std::vector<std::string>& set_aside() const { return set_aside_; }

  // Waits in memory from here on, and goes with a process that is killed: then its attempt is lost as if it
  // had not ended.
  void hold(const wire::AttemptReport& report);
  // Writes and syncs what is held; nothing if it was removed meanwhile. Where it cannot be written (no room)
  // it waits in memory alone, as long as this process lives; the error says so.
  Status keep(const wire::AttemptReport& report);
  // The same of all that wait in memory alone, or of those of them that did so at the last call already; the
  // first error.
  enum class Which { all, older };
  Status keep_waiting(Which which);
  // Some wait in memory alone.
  bool has_unkept() const;
  Status add(const wire::AttemptReport& report) { return hold(report), keep(report); }
  void remove(const std::string& attempt);
  std::vector<wire::AttemptReport> all() const;
  // `max_files` wait, or one of them could not be written: take no lease.
  bool full() const;

 private:
  Spool(std::filesystem::path dir, std::size_t max_files) : dir_(std::move(dir)), max_files_(max_files) {}
  std::filesystem::path file_of(const std::string& attempt) const;
  bool holds(const std::string& attempt) const;  // with mutex_

  const std::filesystem::path dir_;
  const std::size_t max_files_;
  std::vector<std::string> set_aside_;
  mutable std::mutex mutex_;
  std::vector<wire::AttemptReport> waiting_;
  std::set<std::string> unwritten_;  // attempts: their file could not be written
  std::set<std::string> older_;      // attempts: were in memory alone at the last keep_waiting()
  std::set<std::string> files_;      // attempts: their file is there, or is being written
};

}  // namespace tripled::agent
