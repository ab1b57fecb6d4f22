// What API and pages ask of the running daemon, and what they may change in it; implemented by daemon/app.
// Every call is made on the io thread.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "daemon/sched/scheduler.h"
#include "daemon/store/rows.h"
#include "schema/base/result.h"
#include "schema/model/upload.h"

namespace tripled::web {

// A sweep that somebody asks for: the text of a matrix and what narrows it (the options of `tripled sweep`).
struct Submission {
  std::string matrix;     // YAML
  std::string file;       // what it is called: in messages, and to know the matrix again
  std::string directory;  // absolute: what a relative `source: path` is relative to
  std::vector<std::string> triples, stages, packages, tests;
  std::vector<std::string> added;  // triples that the matrix lacks
  std::string only;
  std::string pool;              // of workers; empty: `default`
  std::optional<Upload> upload;  // the sources of a `path` project; none: they lie on the daemon's machine
};
BOOST_DESCRIBE_STRUCT(Submission, (),
                      (matrix, file, directory, triples, stages, packages, tests, added, only, pool, upload))

// Which cells of a sweep are to be tried again. Fields narrow together; an empty one does not.
struct RerunRequest {
  std::vector<std::string> cells;    // ids
  std::vector<std::string> triples;  // globs: a row
  std::vector<std::string>
      stages;           // cells that have one of them: a column; `failed` and `broken` look at it then
  bool failed = false;  // fail, timeout, suspect
  bool broken = false;  // broken, or blocked by what was
};
BOOST_DESCRIBE_STRUCT(RerunRequest, (), (cells, triples, stages, failed, broken))

// What a worker finished in this time is not to be believed. Without an end it is still wrong, and is
// drained.
struct VoidRequest {
  std::string worker;
  store::UnixMs since = 0;
  std::optional<store::UnixMs> until;
};
struct VoidedWork {
  struct Cell {
    std::string sweep, cell, why;
  };
  std::int64_t attempts = 0;   // that were not void before
  std::vector<Cell> reopened;  // tried again; why is empty
  std::vector<Cell> left;      // its verdict stays as it is, and why
};
BOOST_DESCRIBE_STRUCT(VoidedWork::Cell, (), (sweep, cell, why))
BOOST_DESCRIBE_STRUCT(VoidedWork, (), (attempts, reopened, left))

// A token that is good once: a worker exchanges it for one of its own.
struct EnrolmentRequest {
  std::string worker;  // who alone may use it, and may replace its token so; empty: whoever has none yet
  std::string pool;    // that the worker is bound to; empty: none
  Millis good_for{};
};
struct NewEnrolment {
  store::EnrolmentId id = 0;
  std::string token;  // shown once
  store::UnixMs expires_at = 0;
};
struct OwnToken {
  std::string token, pool;
};

class ProjectEngine;

enum class WorkerChange { drain, undrain, release };

class Engine {
 public:
  virtual ~Engine() = default;
  // Who asks for a change is written into the audit table with it.
  // usage, config: the matrix cannot be swept so; tool: no worker can be asked now; store: no room.
  virtual void submit(Submission submission, const std::string& who,
                      std::function<void(Result<store::SweepId>)> done) = 0;
  // usage error: it does not run.
  virtual Status cancel(store::SweepId sweep, bool now, const std::string& who) = 0;
  // The cells that are tried again. usage error: there is no such sweep or cell, or nothing to try again;
  // conflict: it cannot be done now.
  virtual Result<std::vector<std::string>> rerun(store::SweepId sweep, const RerunRequest& request,
                                                 const std::string& who) = 0;
  virtual Status change_worker(const std::string& worker, WorkerChange change, const std::string& who) = 0;
  // Cells of running sweeps, and of each matrix' newest, are tried again. Again is fine.
  virtual Result<VoidedWork> void_worker(const VoidRequest& request, const std::string& who) = 0;
  // The token itself, which is shown once. conflict error: the name is taken.
  virtual Result<std::string> add_token(const std::string& name, Role role, const std::string& who) = 0;
  virtual Status revoke_token(const std::string& name, const std::string& who) = 0;
  virtual Result<NewEnrolment> add_enrolment(const EnrolmentRequest& request, const std::string& who) = 0;
  virtual Status revoke_enrolment(store::EnrolmentId enrolment, const std::string& who) = 0;
  // The worker's own token, shown once. Errors as store::Transaction::use_enrolment says.
  virtual Result<OwnToken> enrol(store::EnrolmentId enrolment, const std::string& worker) = 0;
  virtual ProjectEngine& projects() = 0;

  virtual std::vector<sched::WorkerView> workers() const = 0;
  // What each says of its machine (wire::Hello::host).
  virtual const std::map<std::string, std::map<std::string, std::string>>& machines() const = 0;
  virtual std::vector<sched::RunningBatch> running() const = 0;
  virtual std::vector<sched::WaitingBatch> waiting(std::size_t limit) const = 0;
  virtual std::string progress(const std::string& job) const = 0;  // last words of its worker; empty: none
  virtual bool draining() const = 0;
  virtual std::string unhealthy() const = 0;  // why; empty: all is well
  virtual std::string metrics() const = 0;    // exposition format 0.0.4
};

}  // namespace tripled::web
