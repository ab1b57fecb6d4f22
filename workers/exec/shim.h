// The process between the worker and a program of a job. Two processes, each the guard of the other:
//   worker -> outer -> inner -> program -> …
// Both are child subreapers (prctl(2)), so whatever a program leaves behind becomes their child and is ended.
// When the worker dies (its end of the control socket closes), or one of the two is killed, the other ends
// everything.
#pragma once
#include <optional>

namespace tripled::exec {

// First thing in main(), before threads and options:
//   if (auto status = tripled::exec::dispatch_shim(argc, argv)) return *status;
// Runs the shim if argv[1] is "shim"; else notes that this program can be one and returns nothing. This makes
// the process a child subreaper: if both processes of a shim are killed at once, what they leave is killed
// from here. So nothing else in it may start children in sessions of their own.
std::optional<int> dispatch_shim(int argc, char** argv);

// The shim itself; 2 if it was not started by a worker. Single-threaded, before anything else has run.
int shim_main(int argc, char** argv);

// dispatch_shim() was called. Re-executing a program that does not would run that program again, not a shim.
bool can_be_shim();

}  // namespace tripled::exec
