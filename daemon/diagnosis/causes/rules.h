// The tables of rules by subject. Internal to daemon/diagnosis/causes.
#pragma once
#include <span>

#include "daemon/diagnosis/causes/failure.h"

namespace tripled::diagnosis {

// Over one error. Within a table the first rule that answers decides; subjects() says in which order the
// tables are asked.
std::span<const Rule> environment_rules();  // disk, memory, network, registry, locks
std::span<const Rule> crash_rules();        // ICE, LLVM, rustc killed
std::span<const Rule> toolchain_rules();    // std, target specifications
std::span<const Rule> glibc_rules();        // linked against a newer one
std::span<const Rule> linking_rules();
std::span<const Rule> symbol_rules();         // undefined, defined twice
std::span<const Rule> native_rules();         // what build scripts look for
std::span<const Rule> resolver_rules();       // features, versions, lock, manifests
std::span<const Rule> host_rules();           // a build script that looked at the host
std::span<const Rule> arch_rules();           // intrinsics, asm!, ABIs; atomics; artefacts
std::span<const Rule> purpose_rules();        // compile_error! and scripts that refuse
std::span<const Rule> script_rules();         // build scripts that failed for a reason of their own
std::span<const Rule> cfg_rules();            // cfg!() for #[cfg], unknown cfg, no body
std::span<const Rule> dependency_rules();     // not declared for this platform
std::span<const Rule> platform_type_rules();  // c_char, c_long, time_t …
std::span<const Rule> type_rules();           // layout, several versions of a crate
std::span<const Rule> item_rules();           // configured out
std::span<const Rule> absent_rules();         // gone, and rustc does not say why
std::span<const Rule> incomplete_rules();     // files that are not there
std::span<const Rule> age_rules();            // unstable features, MSRV, edition
std::span<const Rule> lint_rules();

struct Subject {
  const char* name;  // what `unknown` says was ruled out
  std::span<const Rule> (*rules)();
};
std::span<const Subject> subjects();

// Over a failed test or test executable.
Diagnosis diagnose_test(const Evidence& evidence, const TestResult& test);
Diagnosis diagnose_binary(const Evidence& evidence, const BinaryFailure& failure);

}  // namespace tripled::diagnosis
