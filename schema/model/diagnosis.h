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
// (Boost.Describe takes 52 enumerators at most: this one describes itself, in the form that reflect.h reads.)
// clang-format off
#define TRIPLED_CAUSES(X) \
  /* Source and cfg. */ \
  X(configured_out) /* the item exists behind a cfg or feature that is off here */ \
  X(item_absent_in_version) /* the resolved version of a dependency does not have the item */ \
  X(item_absent_on_platform) /* std or libc lacks the item on this platform, and no note says so */ \
  X(no_body_for_platform) /* a module or function has no variant for this platform */ \
  X(cfg_macro_for_attribute) /* cfg!() where #[cfg] was meant: both branches must compile */ \
  X(unknown_cfg) /* a cfg name or value that nothing sets */ \
  X(dependency_not_declared) /* used here, declared under another cfg or not at all */ \
  X(dependency_feature_missing) /* the dependency lacks the feature on this platform */ \
  X(platform_type_differs) /* c_char, c_long, time_t, ioctl's request */ \
  X(layout_differs) /* pointer width, size, alignment, literals out of range */ \
  X(atomics_missing) /* an atomic of a width that the triple lacks */ \
  X(foreign_arch_code) /* intrinsics, asm! or an ABI of another architecture */ \
  X(artifact_unsupported) /* crate type or panic strategy that the triple lacks */ \
  X(unsupported_on_purpose) /* compile_error! or a build script that refuses the triple */ \
  /* Toolchain. */ \
  X(std_missing) X(std_does_not_build) X(target_spec_unsupported) \
  X(toolchain_too_old) /* std, MSRV or edition */ \
  X(lint_everywhere) /* a denied lint or stricter check that has nothing to do with the platform */ \
  X(lint_on_platform) /* a denied lint that fires on some triples alone */ \
  X(compiler_crash) /* ICE, LLVM, rustc killed */ \
  /* Linking and native code. */ \
  X(linker_missing) X(linker_wrong) X(undefined_symbols) X(native_library_missing) X(c_compiler_missing) \
  X(build_script_failed) \
  X(build_script_host) /* it looked at the host's cfg or probed the wrong system */ \
  X(glibc_too_new) \
  /* Features, versions, resolution. */ \
  X(feature_unknown) X(feature_combination) \
  X(feature_unification) /* passes alone, fails in the workspace (or the other way round) */ \
  X(mixed_versions) /* several versions of one crate family meet */ \
  X(lock_drift) /* passes with the published lock or minimal versions */ \
  X(resolver_failed) /* yanked, `links` clash, lock out of date or too new */ \
  X(package_incomplete) /* the manifest names files that the package lacks */ \
  /* Test code. */ \
  X(test_build_only) /* a test-only dependency or harness code breaks test-no-run alone */ \
  X(doctest_only) \
  /* Tests. */ \
  X(test_assertion) X(test_panic) X(test_endianness) X(test_pointer_width) X(test_atomics) X(test_alignment) \
  X(test_page_size) X(test_time) X(test_network) X(test_threads) X(test_privileges) X(test_nested_exec) X(test_signal) \
  X(test_timeout) /* it went on past its limit */ \
  X(test_hang) /* no output */ \
  X(never_executed) \
  /* Emulator. */ \
  X(emulator_syscall) X(emulator_cpu_model) X(emulator_loader_mix) X(emulator_exec_format) X(emulator_spawn) \
  X(emulator_memory) \
  /* Environment. */ \
  X(disk_full) X(out_of_memory) X(network) X(registry) X(lock_contention) X(worker_lost) \
  /* First root error shown, and what was ruled out. */ \
  X(unknown)
// clang-format on

#define TRIPLED_CAUSE_NAME(name) name,
enum class Cause { TRIPLED_CAUSES(TRIPLED_CAUSE_NAME) };
#undef TRIPLED_CAUSE_NAME

namespace described_causes {
#define TRIPLED_CAUSE_DESCRIPTOR(cause)          \
  struct cause {                                 \
    static constexpr Cause value = Cause::cause; \
    static constexpr const char* name = #cause;  \
  };
TRIPLED_CAUSES(TRIPLED_CAUSE_DESCRIPTOR)
#undef TRIPLED_CAUSE_DESCRIPTOR

#define TRIPLED_CAUSE_ENTRY(cause) , cause
using All = boost::mp11::mp_pop_front<boost::mp11::mp_list<void TRIPLED_CAUSES(TRIPLED_CAUSE_ENTRY)>>;
#undef TRIPLED_CAUSE_ENTRY
}  // namespace described_causes

// Found by boost::describe::describe_enumerators.
inline described_causes::All boost_enum_descriptor_fn(Cause**) { return {}; }

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
  std::string use_cfg;                   // under which the failing code itself is compiled; empty: everywhere
  std::string title;                     // one line for people
  std::vector<EvidenceItem> evidence;
  std::vector<Mend> mends;             // best first
  std::vector<std::string> ruled_out;  // of unknown: what was looked for in vain
};
BOOST_DESCRIBE_STRUCT(Diagnosis, (),
                      (cause, confidence, fault, package, version, target, test, code, subject, cfg, use_cfg,
                       title, evidence, mends, ruled_out))

}  // namespace tripled
