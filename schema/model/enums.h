// The closed choices of DESIGN.md, each with its one spelling (reflect.h).
#pragma once
#include "schema/model/reflect.h"

namespace tripled {

BOOST_DEFINE_ENUM_CLASS(Stage, check, build, test_no_run, execute)

// What we conclude about a unit, test, job or cell. Order of declaration is not severity: see worse_of().
BOOST_DEFINE_ENUM_CLASS(Verdict, pass, fail, flaky, timeout, broken, suspect, blocked, excluded, cancelled)

// What happened to a process. could_not_start: exec itself failed. worker_lost: nobody can say.
// not_run: stopped before a process was spent (preflight, an earlier stage).
BOOST_DEFINE_ENUM_CLASS(Outcome, exited, signalled, timed_out, no_output, could_not_start, cancelled,
                        worker_lost, not_run)

BOOST_DEFINE_ENUM_CLASS(JobState, blocked, ready, leased, running, done, skipped, cancelled)
BOOST_DEFINE_ENUM_CLASS(LeaseState, offered, active, completed, expired, revoked)
BOOST_DEFINE_ENUM_CLASS(BatchKind, prepare, setup, compile, execute)

// Why an attempt was made.
BOOST_DEFINE_ENUM_CLASS(AttemptReason, first, infrastructure, verification, second_opinion, rerun)

BOOST_DEFINE_ENUM_CLASS(RunnerKind, none, native, emulated)
BOOST_DEFINE_ENUM_CLASS(Expectation, none, met, unmet)
BOOST_DEFINE_ENUM_CLASS(StdSource, none, shipped, built)
// assert and panic: both end in libtest's FAILED; assert when the message is an assertion's.
BOOST_DEFINE_ENUM_CLASS(TestFailureKind, assert_, panic, signal, timeout, crash)
// skipped: a rule of the matrix leaves it out; it stays planned. not_run: something earlier kept it from
// running.
BOOST_DEFINE_ENUM_CLASS(TestState, passed, failed, ignored, timed_out, crashed, not_run, skipped)

// What a token may do: read; begin and cancel sweeps too; everything. A worker's is for a worker alone.
BOOST_DEFINE_ENUM_CLASS(Role, none, viewer, submitter, worker, admin)

inline bool is_compile(Stage s) { return s != Stage::execute; }

// fail > timeout > suspect > broken > blocked > cancelled > flaky > pass; `excluded` only if both are
// (DESIGN.md).
Verdict worse_of(Verdict a, Verdict b);

}  // namespace tripled
