// Running the batch of one lease on a slot's thread: the seam between the agent (sessions, spool) and the
// jobs.
#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "schema/wire/message.h"
#include "workers/exec/process.h"

namespace tripled::agent {

// Constant for the life of the worker; any thread.
struct WorkerContext {
  std::string name;                       // of this worker at its daemon
  bool compiles = true, executes = true;  // what it is for
  std::filesystem::path cache;            // stds, views, snapshots, target dirs: may be thrown away
  exec::ShimPath shim;
  exec::Limits limits;                             // of every job: processes, memory, file_size
  std::map<std::string, std::string> environment;  // the worker's own: what jobs may get is chosen from it
  std::map<std::string, std::string> host;         // kernel, libc, cpu …
};

// What a batch says while it runs. Called on the slot's thread.
class BatchIo {
 public:
  virtual ~BatchIo() = default;
  virtual void started(const wire::GrantedJob& job) = 0;
  virtual void progress(const wire::GrantedJob& job, const std::string& text) = 0;
  // Exactly once a job, in order.
  virtual void finished(const wire::GrantedJob& job, Outcome outcome, wire::json::value body) = 0;
  // An empty reference when it could not be stored; the reason is logged.
  virtual BlobRef upload(std::string_view content) = 0;
  // Large files (schema of names and errors: transfer.h).
  virtual Result<BlobRef> upload_file(const std::filesystem::path& file) = 0;
  virtual Status download(const BlobRef& ref, const std::filesystem::path& to) = 0;
  // This worker lacks something that the batch needs: it goes to another one, nothing of it was begun.
  virtual void give_back(const std::string& ability, const std::string& why) = 0;
  virtual exec::CancelToken& cancel() = 0;
};

// Runs every job of the batch; each gets its result whatever happens (not_run or cancelled when it was not
// tried).
void run_batch(const wire::Grant& grant, const WorkerContext& context, BatchIo& io);

// Answers a question about this machine: facts, doctor, targets, toolchains.
Result<wire::json::value> answer_question(const wire::Ask& ask, const WorkerContext& context);

}  // namespace tripled::agent
