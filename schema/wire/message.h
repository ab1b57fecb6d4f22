// The control messages between daemon and worker: JSON text frames of one WebSocket (PROTOCOL.md). Bulk data
// (logs, evidence) goes as HTTP bodies named by hash, never here.
#pragma once
#include <string>
#include <variant>
#include <vector>

#include "schema/model/batch.h"
#include "schema/wire/json.h"

namespace tripled::wire {

// Raised whenever a message changes so that the other side could misread it; never for a member that may be
// missing or passed over. A daemon speaks with workers of every version from `oldest_protocol_version` to
// `protocol_version`, which are this one and the one before; transcripts of each are tests/fixtures/wire.
inline constexpr int protocol_version = 1;
inline constexpr int oldest_protocol_version = 1;
// Largest frame either side accepts: the test list of one large binary fits; logs never travel here.
inline constexpr std::size_t max_frame_bytes = 64u << 20;

// --- worker -> daemon
// ---------------------------------------------------------------------------------------------

struct HeldAttempt {
  std::int64_t lease = 0;
  std::string batch, attempt;
  std::int64_t epoch = 0;
  bool finished = false;  // its result waits in the spool
};
BOOST_DESCRIBE_STRUCT(HeldAttempt, (), (lease, batch, attempt, epoch, finished))

struct Hello {
  int protocol = protocol_version;
  std::string version, worker, instance;  // instance: new at each process start
  int slots = 1;
  std::string pool = "default";  // one of those that share no work
  std::vector<std::string> labels;
  std::string store;  // of the last daemon it talked to; empty: none
  std::vector<HeldAttempt> held;
  // kernel, machine, libc, cores, uid; and, where a worker tells them, cpu_flags (separated by spaces),
  // memory and disk_free (bytes).
  std::map<std::string, std::string> host;
};
BOOST_DESCRIBE_STRUCT(Hello, (),
                      (protocol, version, worker, instance, slots, pool, labels, store, held, host))

struct Heartbeat {
  std::vector<std::int64_t> leases;
  std::string refuses = {};  // why it takes no lease for now (no room on its disk); empty: it takes them
};
BOOST_DESCRIBE_STRUCT(Heartbeat, (), (leases, refuses))

struct Answer {
  std::string id, error;
  json::value body;
};
BOOST_DESCRIBE_STRUCT(Answer, (), (id, error, body))

struct Started {
  std::int64_t lease = 0;
  std::string job, attempt;
  std::int64_t epoch = 0;
};
BOOST_DESCRIBE_STRUCT(Started, (), (lease, job, attempt, epoch))

// For people only; may be lost.
struct Progress {
  std::int64_t lease = 0;
  std::string job, text;
};
BOOST_DESCRIBE_STRUCT(Progress, (), (lease, job, text))

// The one result of an attempt. `body` is a PrepareResult, SetupResult or AttemptResult by the kind of the
// batch.
struct AttemptReport {
  std::int64_t lease = 0;
  std::string job, attempt;
  std::int64_t epoch = 0;
  Outcome outcome = Outcome::exited;
  json::value body;
};
BOOST_DESCRIBE_STRUCT(AttemptReport, (), (lease, job, attempt, epoch, outcome, body))

struct BatchDone {
  std::int64_t lease = 0;
  std::int64_t epoch = 0;
};
BOOST_DESCRIBE_STRUCT(BatchDone, (), (lease, epoch))

// The worker cannot take this lease (its spool is full, it is ending, or it lacks something that the batch
// needs): not a loss. Nothing of it was begun.
struct LeaseReturned {
  std::int64_t lease = 0;
  std::int64_t epoch = 0;
  std::string ability = {}, why = {};  // what it lacks (of the batch's abilities), and why; empty: nothing
};
BOOST_DESCRIBE_STRUCT(LeaseReturned, (), (lease, epoch, ability, why))

// --- daemon -> worker
// ---------------------------------------------------------------------------------------------

BOOST_DEFINE_ENUM_CLASS(HeldDecision, keep, stop, send, drop)

struct HeldAnswer {
  std::string attempt;
  HeldDecision decision = HeldDecision::drop;
};
BOOST_DESCRIBE_STRUCT(HeldAnswer, (), (attempt, decision))

struct Welcome {
  int protocol = protocol_version;  // that of the worker's hello: what is spoken from now on
  std::string version, store;
  std::int64_t heartbeat_ms = 15'000;
  std::vector<HeldAnswer> held;
};
BOOST_DESCRIBE_STRUCT(Welcome, (), (protocol, version, store, heartbeat_ms, held))

// Refused or taken over by a newer session: the worker ends and says why.
struct Goodbye {
  std::string reason;
  bool finished = false;  // nothing is wrong: the daemon has no more work and ends
};
BOOST_DESCRIBE_STRUCT(Goodbye, (), (reason, finished))

// A question about the worker's machine: facts, doctor, targets, toolchains. Answered once, by id.
struct Ask {
  std::string id, kind;
  json::value body;
};
BOOST_DESCRIBE_STRUCT(Ask, (), (id, kind, body))

struct GrantedJob {
  std::string job, attempt;
  std::optional<Stage> stage;
};
BOOST_DESCRIBE_STRUCT(GrantedJob, (), (job, attempt, stage))

struct Grant {
  std::int64_t lease = 0;
  std::string batch, cell;
  std::int64_t epoch = 0;
  BatchKind kind = BatchKind::compile;
  std::vector<GrantedJob> jobs;
  json::value spec;  // PrepareSpec, SetupSpec, CompileSpec or ExecuteSpec by `kind`
};
BOOST_DESCRIBE_STRUCT(Grant, (), (lease, batch, cell, epoch, kind, jobs, spec))

struct Ack {
  std::string attempt;
};
BOOST_DESCRIBE_STRUCT(Ack, (), (attempt))

struct Revoke {
  std::int64_t lease = 0;
  bool now = false;  // kill instead of terminate
};
BOOST_DESCRIBE_STRUCT(Revoke, (), (lease, now))

using WorkerMessage =
    std::variant<Hello, Heartbeat, Answer, Started, Progress, AttemptReport, BatchDone, LeaseReturned>;
using DaemonMessage = std::variant<Welcome, Goodbye, Ask, Grant, Ack, Revoke>;

// One text frame: the message's members and `"type"`.
std::string encode(const WorkerMessage& message);
std::string encode(const DaemonMessage& message);
// The same of a grant whose `spec` is there as text already: `spec`, in the place of the member.
std::string encode(const Grant& grant, std::string_view spec);
// Whether this program speaks it.
constexpr bool is_spoken(int protocol) {
  return protocol >= oldest_protocol_version && protocol <= protocol_version;
}
// `protocol 1`, `protocols 1 to 2`: what this program speaks.
std::string spoken_protocols();
// protocol error: not JSON, unknown type, wrong member.
Result<WorkerMessage> decode_worker_message(std::string_view frame);
Result<DaemonMessage> decode_daemon_message(std::string_view frame);

}  // namespace tripled::wire
