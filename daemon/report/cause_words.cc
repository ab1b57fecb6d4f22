#include "daemon/report/cause_words.h"

namespace tripled::report {

std::string cause_meaning(Cause cause) {
  switch (cause) {
    case Cause::configured_out:
      return "the item exists, behind a cfg or a feature that is off here";
    case Cause::item_absent_in_version:
      return "the version of the dependency that was resolved does not have the item";
    case Cause::item_absent_on_platform:
      return "std or a binding of the system lacks the item on this platform";
    case Cause::no_body_for_platform:
      return "a module or function has variants for some platforms and none for this one";
    case Cause::cfg_macro_for_attribute:
      return "cfg!() is a value: both branches must compile; #[cfg] leaves code out";
    case Cause::unknown_cfg:
      return "nothing ever sets this cfg name or value";
    case Cause::dependency_not_declared:
      return "the crate is used here and declared for other platforms only, or not at all";
    case Cause::dependency_feature_missing:
      return "the dependency is there without a feature that this code needs on this platform";
    case Cause::platform_type_differs:
      return "a type of C or of the system is another one on this platform";
    case Cause::layout_differs:
      return "a size, alignment or literal holds for another width of pointers only";
    case Cause::atomics_missing:
      return "this triple has no atomics of that width";
    case Cause::foreign_arch_code:
      return "intrinsics, assembly or an ABI of another architecture";
    case Cause::artifact_unsupported:
      return "this triple cannot make that crate type or panic strategy";
    case Cause::unsupported_on_purpose:
      return "the code refuses this platform in so many words";
    case Cause::std_missing:
      return "no std for this triple is at hand";
    case Cause::std_does_not_build:
      return "std itself does not build for this triple with this toolchain";
    case Cause::target_spec_unsupported:
      return "this toolchain does not know the triple or cannot make code for it";
    case Cause::toolchain_too_old:
      return "the code needs a newer Rust than this toolchain";
    case Cause::lint_everywhere:
      return "a lint or stricter check of this toolchain; it has nothing to do with the platform";
    case Cause::lint_on_platform:
      return "a denied lint that fires on some platforms alone";
    case Cause::compiler_crash:
      return "the compiler crashed, which is a fault of the compiler";
    case Cause::linker_missing:
      return "no linker for this triple is installed";
    case Cause::linker_wrong:
      return "the linker, or what it was given, is for another machine";
    case Cause::undefined_symbols:
      return "something is linked that nobody defines";
    case Cause::native_library_missing:
      return "a native library, or what describes it, is not there for this triple";
    case Cause::c_compiler_missing:
      return "a build script needs a C compiler for this triple";
    case Cause::build_script_failed:
      return "a build script ended with an error";
    case Cause::build_script_host:
      return "a build script looked at the machine it ran on instead of the triple it builds for";
    case Cause::glibc_too_new:
      return "the program asks for a newer C library than the one it met";
    case Cause::feature_unknown:
      return "no selected package has a feature of this name";
    case Cause::feature_combination:
      return "these features do not build together; others do";
    case Cause::feature_unification:
      return "the package builds with other packages and not alone, or the other way round";
    case Cause::mixed_versions:
      return "crates that belong together met in several versions";
    case Cause::lock_drift:
      return "newer dependencies than those it was published or locked with";
    case Cause::resolver_failed:
      return "cargo finds no set of versions that fits";
    case Cause::package_incomplete:
      return "the manifest names files that the package does not have";
    case Cause::test_build_only:
      return "only the tests do not compile; the code itself does";
    case Cause::doctest_only:
      return "only examples in the documentation fail";
    case Cause::test_assertion:
      return "a test found another value than it expects";
    case Cause::test_panic:
      return "a test panicked";
    case Cause::test_endianness:
      return "the order of bytes matters to it";
    case Cause::test_pointer_width:
      return "the width of pointers matters to it";
    case Cause::test_atomics:
      return "it needs atomics that this triple lacks";
    case Cause::test_alignment:
      return "the alignment of types matters to it";
    case Cause::test_page_size:
      return "the size of memory pages matters to it";
    case Cause::test_time:
      return "clocks, time zones or deadlines matter to it";
    case Cause::test_network:
      return "it needs a network that it does not have here";
    case Cause::test_threads:
      return "threads or their number matter to it";
    case Cause::test_privileges:
      return "it needs rights that it does not have here";
    case Cause::test_nested_exec:
      return "it starts programs, which does not work under this runner";
    case Cause::test_signal:
      return "the test process ended before the test did: by a signal, an abort or an exit";
    case Cause::test_timeout:
      return "it went on past its limit";
    case Cause::test_hang:
      return "it said nothing more until it was stopped";
    case Cause::never_executed:
      return "its executable could not be run here";
    case Cause::emulator_syscall:
      return "the emulator lacks a system call or an option of one";
    case Cause::emulator_cpu_model:
      return "the emulated processor lacks what the program needs";
    case Cause::emulator_loader_mix:
      return "the emulator's loader and the C library come from two places";
    case Cause::emulator_exec_format:
      return "a program for another machine was started inside the emulator";
    case Cause::emulator_spawn:
      return "starting processes differs under the emulator";
    case Cause::emulator_memory:
      return "the emulator could not reserve the memory that was asked for";
    case Cause::disk_full:
      return "the disk was full";
    case Cause::out_of_memory:
      return "memory ran out";
    case Cause::network:
      return "the network failed";
    case Cause::registry:
      return "the registry did not give a package";
    case Cause::lock_contention:
      return "another process held a lock";
    case Cause::worker_lost:
      return "the worker was lost while it ran";
    case Cause::unknown:
      return "no rule knows this failure";
  }
  return "";
}

}  // namespace tripled::report
