// Failures whose cure is outside the code: std, linker, C compiler, native libraries, sysroot, disk, memory,
// network. Recognised by error code and child notes first, by text last (reference/field.md 6). Pure,
// thread-safe.
#pragma once
#include <optional>
#include <string>

#include "schema/model/result.h"
#include "workers/cargo/stderr.h"

namespace tripled::cargo {

struct EnvironmentFault {
  std::string reason;  // one line
  std::string
      fix;  // can be pasted: a command, or a YAML line for the matrix; empty: none is known for certain
};

struct FaultContext {
  std::string triple;  // of the cell
  std::string host;
  bool triple_has_std = true;  // false: an absent std is the project's fault, only an absent core is ours
};

// nullopt: the project's own (undefined symbols of its own are; a missing `-lX` is not).
std::optional<EnvironmentFault> environment_fault(const Diagnostic& error, const FaultContext& context);
std::optional<EnvironmentFault> environment_fault(const CargoError& error, const FaultContext& context);

}  // namespace tripled::cargo
