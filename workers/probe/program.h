// The program that is linked and run to see what works for a triple, once in Rust and once in C. It takes one
// argument:
//   hello    prints a line
//   threads  starts and joins threads that share a lock
//   fork     forks and waits for the child (Unix)
//   spawn    starts a program that does not exist: exit 0 when that is refused as it must be, 3 when it
//   "succeeds"
// hello, threads and fork end with exit status 0 and "<argument> ok" on stdout. fork without the trap of
// reference/field.md 5.1 takes milliseconds.
#pragma once
#include <string_view>

namespace tripled::probe {

// Changes with the sources: part of what a cached preflight depends on.
inline constexpr int kProbeVersion = 2;
inline constexpr int kSpawnedMissing = 3;  // exit status of `spawn`

extern const std::string_view kRustProbe;
// For triples without std: nothing but an entry point, which is enough to see that the linker works.
extern const std::string_view kRustCoreProbe;
// POSIX systems.
extern const std::string_view kCProbe;
// Any system: knows `hello` alone.
extern const std::string_view kCHelloProbe;

}  // namespace tripled::probe
