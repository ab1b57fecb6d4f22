// The cause of one failure in the field's terms, with its evidence and what to do (DESIGN.md, "Words":
// diagnosis). Made by daemon/diagnosis from stored evidence alone.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "schema/model/reflect.h"

namespace tripled {

// Closed. A cause is about one failing unit, test or job; what sets the failing cells apart is an
// explanation, not a cause. The order is that of the groups below and has no rank.
BOOST_DEFINE_ENUM_CLASS(
    Cause,
    // Source and cfg.
    configured_out,              // the item exists behind a cfg or feature that is off here
    item_absent_in_version,      // the resolved version of a dependency does not have the item
    item_absent_on_platform,     // std or libc lacks the item on this platform, and no note says so
    no_body_for_platform,        // a module or function has no variant for this platform
    cfg_macro_for_attribute,     // cfg!() where #[cfg] was meant: both branches must compile
    unknown_cfg,                 // a cfg name or value that nothing sets
    dependency_not_declared,     // used here, declared under another cfg or not at all
    dependency_feature_missing,  // the dependency lacks the feature on this platform
    platform_type_differs,       // c_char, c_long, time_t, ioctl's request
    layout_differs,              // pointer width, size, alignment, literals out of range
    atomics_missing,             // an atomic of a width that the triple lacks
    foreign_arch_code,           // intrinsics, asm! or an ABI of another architecture
    artifact_unsupported,        // crate type or panic strategy that the triple lacks
    unsupported_on_purpose,      // compile_error! or a build script that refuses the triple
    // Toolchain.
    std_missing, std_does_not_build, target_spec_unsupported,
    toolchain_too_old,  // std, MSRV or edition
    lint_everywhere,    // a denied lint or stricter check that has nothing to do with the platform
    lint_on_platform,   // a denied lint that fires on some triples alone
    compiler_crash,     // ICE, LLVM, rustc killed
    // Linking and native code.
    linker_missing, linker_wrong, undefined_symbols, native_library_missing, c_compiler_missing,
    build_script_failed,
    build_script_host,  // it looked at the host's cfg or probed the wrong system
    glibc_too_new,
    // Features, versions, resolution.
    feature_unknown, feature_combination,
    feature_unification,  // passes alone, fails in the workspace (or the other way round)
    mixed_versions,       // several versions of one crate family meet
    lock_drift,           // passes with the published lock or minimal versions
    resolver_failed,      // yanked, `links` clash, lock out of date or too new
    package_incomplete,   // the manifest names files that the package lacks
    // Test code.
    test_build_only,  // a test-only dependency or harness code breaks test-no-run alone
    doctest_only,
    // Tests.
    test_assertion, test_panic, test_endianness, test_pointer_width, test_atomics, test_alignment,
    test_page_size, test_time, test_network, test_threads, test_privileges, test_nested_exec, test_signal,
    test_timeout,  // it went on past its limit
    test_hang,     // no output
    never_executed,
    // Emulator.
    emulator_syscall, emulator_cpu_model, emulator_loader_mix, emulator_exec_format, emulator_spawn,
    emulator_memory,
    // Environment.
    disk_full, out_of_memory, network, registry, lock_contention, worker_lost,
    // First root error shown, and what was ruled out.
    unknown)

BOOST_DEFINE_ENUM_CLASS(Confidence, certain, likely, guess)

// Who can mend it.
BOOST_DEFINE_ENUM_CLASS(Fault, project, dependency, toolchain, environment, emulator, unknown)

// One piece of what a diagnosis rests on. Fields that do not apply are empty.
struct EvidenceItem {
  std::string kind;          // message, span, manifest, lock, metadata, cfg, log, versions
  std::string file;          // relative to the project, or `<crate>-<version>/…`
  int line = 0;              // of `file`
  std::uint64_t offset = 0;  // of the log, bytes; 0 with kind log: its start
  std::string text;          // the words themselves, bounded
};
BOOST_DESCRIBE_STRUCT(EvidenceItem, (), (kind, file, line, offset, text))

BOOST_DEFINE_ENUM_CLASS(MendKind, manifest, pin, command, matrix, package, rust, none)

struct Mend {
  MendKind kind = MendKind::none;
  std::string text;   // can be pasted; of kind rust: words with file:line and the cfg expression
  std::string patch;  // for `patch -p1` at the project's root; empty: no file of the project changes
};
BOOST_DESCRIBE_STRUCT(Mend, (), (kind, text, patch))

struct Diagnosis {
  Cause cause = Cause::unknown;
  Confidence confidence = Confidence::guess;
  Fault fault = Fault::unknown;
  std::string package, version, target;  // the failing unit; target empty: the package as a whole
  std::string test;                      // empty: a unit or the job itself
  std::string code;                      // of the first root error (E0432); may be empty
  std::string subject;                   // the symbol, path, library or feature it is about
  std::string cfg;                       // predicate found in the evidence (cfg source text); empty: none
  std::string title;                     // one line for people
  std::vector<EvidenceItem> evidence;
  std::vector<Mend> mends;             // best first
  std::vector<std::string> ruled_out;  // of unknown: what was looked for in vain
};
BOOST_DESCRIBE_STRUCT(Diagnosis, (),
                      (cause, confidence, fault, package, version, target, test, code, subject, cfg, title,
                       evidence, mends, ruled_out))

}  // namespace tripled
