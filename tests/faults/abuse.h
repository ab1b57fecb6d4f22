// Projects that do harm, on real programs: a crate whose build script or tests are written by the test, and
// files by which both tell each other how far they are.
#pragma once
#include <gtest/gtest.h>

#include "tests/faults/invariants.h"
#include "tests/faults/support.h"

namespace tripled::e2e {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

class Abuse : public testing::Test {
 protected:
  // A daemon without a worker of its own.
  void serve(const std::string& leases = "{duration: 60s, heartbeat: 1s}");
  // dir/projects/NAME with a Cargo.toml and these files.
  std::filesystem::path crate(const std::string& name, const std::map<std::string, std::string>& files) const;
  // A file below dir/control as a Rust literal, and whether it is there.
  std::string literal(const std::string& control) const;
  bool is_there(const std::string& control) const;
  void touch(const std::string& control) const;
  // Rust: a function `wait_for(path)` that gives up after two minutes.
  static const char* const kWaitFor;

  // Of the host's triple; `axes`: further ones.
  std::string begin(const std::filesystem::path& project, const std::string& stages,
                    const std::string& axes = "") const;
  std::string stored(const std::string& sql) const { return query(database_of(*fleet), sql); }
  // Of the newest attempt of that stage.
  std::string attempt_of(const std::string& stage) const;
  wire::json::value result_of(const std::string& attempt) const;
  // Byte for byte.
  std::string log_of(const std::string& attempt) const;

  TemporaryDirectory dir;
  std::unique_ptr<Fleet> fleet;
};

// VmHWM of a process since it was made, or since forget_peak().
std::uint64_t peak_memory(pid_t pid);
std::uint64_t memory_now(pid_t pid);
void forget_peak(pid_t pid);

}  // namespace tripled::e2e
