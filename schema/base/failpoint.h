// Places at which a test has a program die as by `kill -9`: TRIPLED_FAILPOINT=NAME ends it when it gets
// there, NAME:N when it gets there the Nth time. Only in builds with the CMake option TRIPLED_FAILPOINTS; in
// others there is no code at such a place.
#pragma once
#include <string_view>

namespace tripled {

// All of them: `daemon.` is the program tripled, `worker.` tripled-worker. The tests of crashes go through
// this list, and a place that its scenario does not reach fails them.
inline constexpr std::string_view failpoints[] = {
    "daemon.migration.copied",
    "daemon.migration.before_commit",
    "daemon.migration.after_commit",
    "daemon.start.opened",
    "daemon.start.token_written",
    "daemon.start.restored",
    "daemon.token.after_commit",
    "daemon.sweep.before_commit",
    "daemon.sweep.after_commit",
    "daemon.upload.part_stored",
    "daemon.upload.before_rename",
    "daemon.upload.after_rename",
    "daemon.blob.before_store",
    "daemon.blob.stored",
    "daemon.grant.before_commit",
    "daemon.grant.before_send",
    "daemon.grant.sent",
    "daemon.result.received",
    "daemon.result.before_commit",
    "daemon.result.before_ack",
    "daemon.result.acked",
    "daemon.prepared.before_commit",
    "daemon.finish.judged",
    "daemon.finish.before_commit",
    "daemon.finish.after_commit",
    "daemon.cancel.before_commit",
    "daemon.cancel.after_commit",
    "daemon.rerun.before_commit",
    "daemon.rerun.after_commit",
    "daemon.expiry.before_commit",
    "daemon.fire.before_commit",
    "daemon.fire.after_commit",
    "daemon.collection.before_commit",
    "daemon.collection.rows_gone",
    "daemon.backup.files_copied",
    "daemon.backup.database_copied",
    "daemon.backup.published",
    "daemon.restore.prepared",
    "daemon.restore.set_aside",
    "worker.hello",
    "worker.leased",
    "worker.started",
    "worker.prepare.copied",
    "worker.prepare.shared",
    "worker.before_spawn",
    "worker.spawned",
    "worker.running",
    "worker.log.before_upload",
    "worker.log.uploaded",
    "worker.result.before_spool",
    "worker.result.spooled",
    "worker.result.sent",
    "worker.result.acked",
    "worker.batch.done",
    "worker.archive.packed",
    "worker.archive.unpacked",
    "worker.std.before_publish",
    "worker.std.published",
};

// A name of the list; any other one does not compile.
class FailpointName {
 public:
  consteval FailpointName(const char* name) : name_(name) {
    for (auto known : failpoints)
      if (known == name_) return;
    throw "not in the list of failpoints";
  }
  constexpr std::string_view text() const { return name_; }

 private:
  std::string_view name_;
};

// Does not return when it is the one that TRIPLED_FAILPOINT names; says so on stderr first. Any thread.
#ifdef TRIPLED_FAILPOINTS
void failpoint(FailpointName name);
#else
inline void failpoint(FailpointName) {}
#endif

}  // namespace tripled
