// Every recorded document gives the diagnosis that it was recorded for, in whatever order its messages stand.
#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "schema/wire/json.h"
#include "tests/diagnosis_causes/support.h"

namespace tripled::diagnosis {
namespace {

using testing::ElementsAreArray;

struct Recorded {
  const char* name;
  std::vector<const char*> causes;
};

// Names end in the triple, where it is not x86_64 Linux, or in the release of rustc that is not 1.96.
const std::vector<Recorded>& all() {
  static const std::vector<Recorded> table{
      {"a64-thumbv6m", {R"(E0432 atomics-missing, certain, project, AtomicU64 if target_has_atomic = "64")"}},
      {"absent-item", {R"(E0432 item-absent-in-version, guess, project, deplib::Thing)"}},
      {"arc-thumbv6m",
       {R"(E0432 atomics-missing, certain, project, alloc::sync if target_has_atomic = "ptr")"}},
      {"arch-abi", {R"(E0570 foreign-arch-code, certain, project, stdcall)"}},
      {"arch-asm-i686", {R"(foreign-arch-code, likely, project, asm! u64)"}},
      {"arch-asm-s390x", {R"(foreign-arch-code, certain, project, asm! rax)"}},
      {"arch-asm-text-s390x", {R"(foreign-arch-code, certain, project, asm!)"}},
      {"arch-feature-s390x", {R"(foreign-arch-code, certain, project, avx2)"}},
      {"arch-x86-s390x",
       {R"(E0432 foreign-arch-code, certain, project, core::arch::x86_64 if target_arch = "x86_64")"}},
      {"atomics-powerpc",
       {R"(E0432 atomics-missing, certain, project, AtomicU64 if target_has_atomic = "64")"}},
      {"build-cc-powerpc", {R"(c-compiler-missing, certain, environment, powerpc-linux-gnu-gcc)"}},
      {"build-cc", {R"(native-library-missing, likely, environment, nope-header.h)"}},
      {"build-exit", {R"(build-script-failed, certain, project)"}},
      {"build-generic", {R"(build-script-failed, certain, project)"}},
      {"build-host-s390x", {R"(E0433 build-script-host, likely, project, has_fast if has_fast)"}},
      {"build-purpose", {R"(unsupported-on-purpose, certain, project, build script)"}},
      {"build-tool", {R"(build-script-failed, likely, environment, flatc-nope)"}},
      {"c-char-powerpc",
       {R"(E0308 platform-type-differs, certain, project, c_char)",
        R"(E0308 platform-type-differs, certain, project, c_long)"}},
      {"c-char-s390x",
       {R"(E0308 platform-type-differs, certain, project, c_char)",
        R"(E0308 platform-type-differs, certain, project, c_long)"}},
      {"c-char",
       {R"(E0308 platform-type-differs, certain, project, c_char)",
        R"(E0308 platform-type-differs, certain, project, c_long)"}},
      {"cas-thumbv6m",
       {R"(E0599 atomics-missing, certain, project, Atomic<u32>::fetch_add if target_has_atomic = "32")"}},
      {"cdylib-freebsd", {R"(linker-wrong, likely, environment, cc)"}},
      {"cdylib-powerpc", {R"(linker-wrong, certain, environment, cc)"}},
      {"cfg-macro", {R"(E0433 cfg-macro-for-attribute, certain, project, os::windows if windows)"}},
      {"cfgif", {R"(E0425 no-body-for-platform, likely, project, go if any(target_os = "macos", windows))"}},
      {"const-assert-wasm32", {R"(E0080 unsupported-on-purpose, likely, project, panic! in a constant)"}},
      {"dep-dev-only", {R"(E0432 dependency-not-declared, certain, project, libc)"}},
      {"dep-feature",
       {R"(E0433 dependency-feature-missing, certain, project, deplib/extra if feature = "extra")"}},
      {"dep-none", {R"(E0432 dependency-not-declared, guess, project, libc)"}},
      {"dep-optional", {R"(E0432 feature-combination, certain, project, libc if feature = "libc")"}},
      {"dep-other-cfg-1.95", {R"(E0432 dependency-not-declared, certain, project, libc if windows)"}},
      {"dep-other-cfg", {R"(E0432 dependency-not-declared, certain, project, libc if windows)"}},
      {"derive-missing", {R"(unknown, guess, project)"}},
      {"env-missing", {R"(unknown, guess, project)"}},
      {"extern-missing", {R"(E0463 dependency-not-declared, likely, project, foobar)"}},
      {"gated-cfg-1.95",
       {R"(E0432 configured-out, certain, project, plat::other if target_os = "windows")",
        R"(E0425 configured-out, certain, project, plat::only if windows)"}},
      {"gated-cfg",
       {R"(E0432 configured-out, certain, project, plat::other if target_os = "windows")",
        R"(E0425 configured-out, certain, project, plat::only if windows)"}},
      {"gated-feature", {R"(E0432 configured-out, certain, project, a::f if feature = "extra")"}},
      {"gated-in-dep", {R"(E0432 configured-out, certain, project, deplib::win if target_os = "windows")"}},
      {"gated-method", {R"(E0599 configured-out, likely, project, S::handle if target_os = "windows")"}},
      {"impl-gated-wasm32", {R"(E0277 configured-out, likely, project, impl T for S if unix)"}},
      {"include-missing",
       {R"(package-incomplete, certain, project, table.txt)",
        R"(package-incomplete, certain, project, gone.bin)"}},
      {"layout-i686",
       {R"(E0512 layout-differs, certain, project, transmute usize -> u64 if target_pointer_width = "64")"}},
      {"layout-powerpc",
       {R"(E0512 layout-differs, certain, project, transmute usize -> u64 if target_pointer_width = "64")"}},
      {"libc-absent-freebsd-format-1",
       {R"(E0432 item-absent-on-platform, likely, project, libc::inotify_init1)"}},
      {"lint-plat",
       {R"(unused_imports lint-on-platform, likely, project, unused_imports)",
        R"(dead_code lint-on-platform, likely, project, dead_code)"}},
      {"lint-warn", {R"(unused_variables lint-everywhere, guess, project, unused_variables)"}},
      {"linux-only-const-wasm32", {R"(E0080 unsupported-on-purpose, likely, project, panic! in a constant)"}},
      {"macro-gated", {R"(E0425 configured-out, certain, project, inner_gated if windows)"}},
      {"macro-missing-wasm32", {R"(configured-out, likely, project, m if unix)"}},
      {"mixed-1.95", {R"(E0308 mixed-versions, certain, project, fam)"}},
      {"mixed", {R"(E0308 mixed-versions, certain, project, fam)"}},
      {"mod-missing", {R"(E0583 package-incomplete, likely, project, gone)"}},
      {"needs-std-thumbv6m", {R"(E0463 std-missing, certain, project, std)"}},
      {"no-body-1.95",
       {R"(E0432 no-body-for-platform, certain, project, imp if any(target_os = "macos", target_os = "windows"))"}},
      {"no-body-fn",
       {R"(E0425 no-body-for-platform, certain, project, inner if any(target_os = "macos", target_os = "windows"))",
        R"(E0308 no-body-for-platform, certain, project, page if any(target_os = "macos", target_os = "windows"))",
        R"(E0381 no-body-for-platform, likely, project, v if target_os = "macos")"}},
      {"no-body-path", {R"(E0583 no-body-for-platform, certain, project, sys if target_os = "macos")"}},
      {"no-body-select", {R"(no-body-for-platform, certain, project, cfg_select!)"}},
      {"no-body",
       {R"(E0432 no-body-for-platform, certain, project, imp if any(target_os = "macos", target_os = "windows"))"}},
      {"nohandler", {R"(artifact-unsupported, guess, project)"}},
      {"nolib", {R"(native-library-missing, certain, environment, sqlite9)"}},
      {"nolibz", {R"(native-library-missing, certain, environment, ssh2)"}},
      {"on-purpose-64-s390x",
       {R"(unsupported-on-purpose, certain, project, compile_error! if target_endian = "big")"}},
      {"on-purpose", {R"(unsupported-on-purpose, certain, project, compile_error! if not(windows))"}},
      {"plain-type-error", {R"(E0432 unknown, guess, project)"}},
      {"std-linux-freebsd",
       {R"(E0433 configured-out, certain, project, std::os::linux if target_os = "linux")"}},
      {"std-windows", {R"(E0433 configured-out, certain, project, std::os::windows if windows)"}},
      {"struct-field-1.95",
       {R"(E0599 configured-out, likely, project, E::B if windows)",
        R"(E0046 no-body-for-platform, likely, project, b if not(windows))"}},
      {"struct-field",
       {R"(E0599 configured-out, likely, project, E::B if windows)",
        R"(E0046 no-body-for-platform, likely, project, b if not(windows))"}},
      {"test-dep-fails", {R"(E0425 test-build-only, likely, project)"}},
      {"tests-aarch64",
       {R"(abort: test-signal, likely, project, signal 6)",
        R"(align: test-alignment, certain, project)",
        R"(dns: test-network, likely, environment)",
        R"(enosys: emulator-syscall, likely, emulator)",
        R"(hostile: emulator-spawn, guess, emulator)",
        R"(net: test-network, guess, environment)",
        R"(noent_spawn: emulator-spawn, likely, emulator)",
        R"(overflow: test-panic, likely, project)",
        R"(pagesize: test-page-size, likely, project)",
        R"(panics: test-panic, likely, project)",
        R"(plain_assert: test-assertion, likely, project)",
        R"(plain_bool: test-assertion, likely, project)",
        R"(refused: test-network, guess, environment)",
        R"(segv: test-signal, likely, project, signal 11)",
        R"(self_exec: test-nested-exec, likely, emulator)",
        R"(slice_index: test-panic, likely, project)",
        R"(stack: test-signal, likely, project, stack overflow)",
        R"(threads: test-threads, likely, environment)",
        R"(timing: test-time, likely, project)",
        R"(unwraps: test-panic, likely, project)",
        R"(hangs: test-hang, certain, unknown)"}},
      {"tests-i686",
       {R"(abort: test-signal, certain, project, signal 6)",
        R"(align: test-alignment, certain, project)",
        R"(alloc: test-pointer-width, likely, project if target_pointer_width = "32")",
        R"(dns: test-network, likely, environment)",
        R"(enosys: test-panic, likely, project)",
        R"(hostile: test-nested-exec, guess, environment)",
        R"(net: test-network, guess, environment)",
        R"(overflow: test-panic, certain, project)",
        R"(pagesize: test-page-size, likely, project)",
        R"(panics: test-panic, likely, project)",
        R"(plain_assert: test-assertion, likely, project)",
        R"(plain_bool: test-assertion, likely, project)",
        R"(refused: test-network, guess, environment)",
        R"(segv: test-signal, certain, project, signal 11)",
        R"(self_exec: test-nested-exec, guess, environment)",
        R"(slice_index: test-panic, certain, project)",
        R"(stack: test-signal, certain, project, stack overflow)",
        R"(timing: test-time, likely, project)",
        R"(unwraps: test-panic, certain, project)",
        R"(width: test-pointer-width, likely, project if target_pointer_width = "32")",
        R"(width_overflow: test-pointer-width, likely, project if target_pointer_width = "32")",
        R"(hangs: test-hang, certain, project)",
        R"(isize_text: test-pointer-width, likely, project if target_pointer_width = "32")",
        R"(ptr_arith: test-pointer-width, likely, project if target_pointer_width = "32")"}},
      {"tests-s390x",
       {R"(abort: test-signal, likely, project, signal 6)",
        R"(align: test-alignment, certain, project)",
        R"(dns: test-network, likely, environment)",
        R"(endian: test-endianness, likely, project if target_endian = "big")",
        R"(enosys: emulator-syscall, likely, emulator)",
        R"(hostile: emulator-spawn, guess, emulator)",
        R"(net: test-network, guess, environment)",
        R"(noent_spawn: emulator-spawn, likely, emulator)",
        R"(overflow: test-panic, likely, project)",
        R"(pagesize: test-page-size, likely, project)",
        R"(panics: test-panic, likely, project)",
        R"(plain_assert: test-assertion, likely, project)",
        R"(plain_bool: test-assertion, likely, project)",
        R"(refused: test-network, guess, environment)",
        R"(segv: test-signal, likely, project, signal 11)",
        R"(self_exec: test-nested-exec, likely, emulator)",
        R"(slice_index: test-panic, likely, project)",
        R"(stack: test-signal, likely, project, stack overflow)",
        R"(threads: test-threads, likely, environment)",
        R"(timing: test-time, likely, project)",
        R"(unwraps: test-panic, likely, project)",
        R"(hangs: test-hang, certain, unknown)",
        R"(number_swap: test-endianness, likely, project if target_endian = "big")",
        R"(short_swap: test-endianness, likely, project if target_endian = "big")",
        R"(wide_list: test-endianness, likely, project if target_endian = "big")"}},
      {"tests-x86_64",
       {R"(abort: test-signal, certain, project, signal 6)", R"(align: test-alignment, certain, project)",
        R"(dns: test-network, likely, environment)", R"(enosys: test-panic, likely, project)",
        R"(net: test-network, guess, environment)", R"(overflow: test-panic, certain, project)",
        R"(pagesize: test-page-size, likely, project)", R"(panics: test-panic, likely, project)",
        R"(plain_assert: test-assertion, likely, project)", R"(plain_bool: test-assertion, likely, project)",
        R"(refused: test-network, guess, environment)", R"(segv: test-signal, certain, project, signal 11)",
        R"(slice_index: test-panic, certain, project)",
        R"(stack: test-signal, certain, project, stack overflow)",
        R"(threads: test-threads, likely, environment)", R"(timing: test-time, likely, project)",
        R"(unwraps: test-panic, certain, project)", R"(hangs: test-hang, certain, project)"}},
      {"time-t-powerpc",
       {R"(E0308 platform-type-differs, certain, project, time_t)",
        R"(E0308 platform-type-differs, certain, project, ioctl's request)",
        R"(E0308 platform-type-differs, likely, project, a type of libc)"}},
      {"todo-plat-wasm32", {R"(E0308 no-body-for-platform, certain, project, f if any(unix, windows))"}},
      {"type-alias-wasm32",
       {R"(E0425 configured-out, certain, project, Big if target_pointer_width = "64")"}},
      {"undef", {R"(undefined-symbols, certain, project, no_such_symbol_xyz)"}},
      {"unix-ext-wasm32",
       {R"(E0433 configured-out, certain, project, std::os::unix if all(not(target_os = "hermit"), unix))"}},
      {"unknown-cfg-use",
       {R"(E0425 configured-out, certain, project, f if target_os = "linx")",
        R"(E0425 unknown-cfg, likely, project, fancy if fancy)",
        R"(E0425 unknown-cfg, likely, project, nope if feature = "nope")"}},
      {"unknown-cfg",
       {R"(unexpected_cfgs unknown-cfg, certain, project, linx)",
        R"(unexpected_cfgs unknown-cfg, certain, project, fancy)",
        R"(unexpected_cfgs unknown-cfg, certain, project, nope)"}},
      {"unstable-feature", {R"(E0554 toolchain-too-old, certain, project, feature)"}},
      {"unstable-lib",
       {R"(E0658 toolchain-too-old, likely, project, core_intrinsics)",
        R"(E0658 toolchain-too-old, likely, project, f16)"}}};
  return table;
}

class RecordedEvidence : public testing::TestWithParam<Recorded> {};

TEST_P(RecordedEvidence, IsDiagnosed) {
  EXPECT_THAT(in_short(diagnose(recorded(GetParam().name))), ElementsAreArray(GetParam().causes));
}

TEST_P(RecordedEvidence, IsDiagnosedTheSameInAnyOrder) {
  auto evidence = recorded(GetParam().name);
  auto expected = wire::to_text_json(diagnose(evidence));
  for (unsigned seed = 1; seed <= 8; ++seed) {
    std::mt19937 random(seed);
    std::shuffle(evidence.diagnostics.begin(), evidence.diagnostics.end(), random);
    std::shuffle(evidence.units.begin(), evidence.units.end(), random);
    std::shuffle(evidence.cargo.begin(), evidence.cargo.end(), random);
    std::shuffle(evidence.tests.begin(), evidence.tests.end(), random);
    std::shuffle(evidence.binaries.begin(), evidence.binaries.end(), random);
    std::shuffle(evidence.metadata.packages.begin(), evidence.metadata.packages.end(), random);
    EXPECT_EQ(wire::to_text_json(diagnose(evidence)), expected) << "seed " << seed;
  }
}

TEST_P(RecordedEvidence, HasWordsForPeople) {
  for (const auto& d : diagnose(recorded(GetParam().name))) {
    EXPECT_FALSE(d.title.empty()) << in_short(d);
    EXPECT_FALSE(d.evidence.empty()) << in_short(d);
    EXPECT_FALSE(d.package.empty()) << in_short(d);
    EXPECT_EQ(d.cause == Cause::unknown || d.cause == Cause::test_build_only, !d.ruled_out.empty());
    for (const auto& m : d.mends) EXPECT_FALSE(m.text.empty()) << in_short(d);
  }
}

INSTANTIATE_TEST_SUITE_P(All, RecordedEvidence, testing::ValuesIn(all()), [](const auto& param) {
  std::string name = param.param.name;
  for (char& c : name)
    if (c == '-' || c == '.') c = '_';
  return name;
});

}  // namespace
}  // namespace tripled::diagnosis
