// What rustc 1.96 and its cargo really printed, shortened in the middle.
#include "workers/toolchain/std_failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tripled::toolchain::test {
namespace {

using testing::HasSubstr;

constexpr const char* kNuttx = R"(   Compiling core v0.0.0 (/usr/lib/rustlib/src/rust/library/core)
error[E0425]: cannot find value `_SC_HOST_NAME_MAX` in crate `libc`
 --> /usr/lib/rustlib/src/rust/library/std/src/sys/net/hostname/unix.rs:8:60
  |
8 |     let host_name_max = match unsafe { libc::sysconf(libc::_SC_HOST_NAME_MAX) } {
  |                                                            ^^^^^^^^^^^^^^^^^ not found in `libc`

For more information about this error, try `rustc --explain E0425`.
error: could not compile `std` (lib) due to 1 previous error
)";
constexpr const char* kHelenos = R"(error: none of the predicates in this `cfg_select` evaluated to true
   --> /usr/lib/rustlib/src/rust/library/std/src/sys/alloc/mod.rs:71:1
error: could not compile `std` (lib) due to 20 previous errors
)";
constexpr const char* kCsky = R"(error: failed to run `rustc` to learn about target-specific information

Caused by:
  process didn't exit successfully: `/usr/bin/rustc - --crate-name ___ --print=file-names --target csky-unknown-linux-gnuabiv2 --print=cfg -Wwarnings` (exit status: 101)
  --- stderr
  error: internal compiler error: the following error was constructed but not emitted

  error: could not create LLVM TargetMachine for triple: csky-unknown-linux-gnuabiv2
)";
constexpr const char* kWindows = R"(   Compiling getopts v0.2.24
error: error calling dlltool 'x86_64-w64-mingw32-dlltool': No such file or directory (os error 2)

error: could not compile `std` (lib) due to 1 previous error
)";
constexpr const char* kWasi = R"(   Compiling wit-bindgen v0.45.1
error: failed to run custom build command for `wit-bindgen v0.45.1`

Caused by:
  process didn't exit successfully: `/c/target/release/build/wit-bindgen-96f1346dcf64c6b3/build-script-build` (exit status: 101)
  --- stderr

  thread 'main' (14193) panicked at /usr/lib/rustlib/src/rust/library/vendor/wit-bindgen-0.45.1/build.rs:28:31:
  called `Result::unwrap()` on an `Err` value: Os { code: 2, kind: NotFound, message: "No such file or directory" }
)";
constexpr const char* kM68k = R"(   Compiling core v0.0.0 (/usr/lib/rustlib/src/rust/library/core)
error: could not compile `core` (lib)

Caused by:
  process didn't exit successfully: `/usr/bin/rustc --crate-name core` (signal: 11, SIGSEGV: invalid memory reference)
)";
constexpr const char* kMips = R"(rustc-LLVM ERROR: Unsupported instruction : <MCInst 1052 <MCOperand Reg:321>>
error: could not compile `compiler_builtins` (lib)
)";

StdFailure classify(std::string_view log, const char* triple = "some-triple") {
  return classify_std_failure({log, 101, 0, false, false, triple, "1.96.0"});
}

TEST(StdFailures, BrokenUpstreamCarriesTheFirstErrorAndItsPlace) {
  auto nuttx = classify(kNuttx, "armv7a-nuttx-eabi");
  EXPECT_EQ(nuttx.kind, StdFailureKind::broken_upstream);
  EXPECT_EQ(nuttx.code, "E0425");
  EXPECT_EQ(nuttx.message,
            "std itself does not compile for armv7a-nuttx-eabi with rustc 1.96.0: E0425: cannot find value "
            "`_SC_HOST_NAME_MAX` in crate `libc` "
            "(/usr/lib/rustlib/src/rust/library/std/src/sys/net/hostname/unix.rs:8:60)");
  auto helenos = classify(kHelenos);
  EXPECT_EQ(helenos.kind, StdFailureKind::broken_upstream);
  EXPECT_EQ(helenos.code, "");
  EXPECT_THAT(helenos.message, HasSubstr("none of the predicates in this `cfg_select`"));
}

TEST(StdFailures, ABackendThatIsNotThereIsNoCrash) {
  auto failure = classify(kCsky);
  EXPECT_EQ(failure.kind, StdFailureKind::no_backend);
  EXPECT_THAT(failure.message, HasSubstr("could not create LLVM TargetMachine for triple: csky"));
}

TEST(StdFailures, CrashesSayHow) {
  auto signal = classify(kM68k);
  EXPECT_EQ(signal.kind, StdFailureKind::compiler_crash);
  EXPECT_THAT(signal.message, HasSubstr("SIGSEGV"));
  auto llvm = classify(kMips);
  EXPECT_EQ(llvm.kind, StdFailureKind::compiler_crash);
  EXPECT_THAT(llvm.message, HasSubstr("Unsupported instruction"));
}

TEST(StdFailures, AMissingToolComesWithItsPackage) {
  auto dlltool = classify(kWindows);
  EXPECT_EQ(dlltool.kind, StdFailureKind::missing_tool);
  EXPECT_THAT(dlltool.message, HasSubstr("x86_64-w64-mingw32-dlltool"));
  EXPECT_EQ(dlltool.fix, "apt-get install binutils-mingw-w64-x86-64");
  auto cc = classify("error: linker `cc` not found\n  |\n  = note: No such file or directory (os error 2)\n");
  EXPECT_EQ(cc.kind, StdFailureKind::missing_tool);
  EXPECT_EQ(cc.fix, "apt-get install gcc libc6-dev");
}

TEST(StdFailures, BuildScriptsMachineAndTheRest) {
  auto wasi = classify(kWasi);
  EXPECT_EQ(wasi.kind, StdFailureKind::build_script);
  EXPECT_THAT(wasi.message, HasSubstr("wit-bindgen v0.45.1"));
  EXPECT_EQ(classify("error: failed to write x: No space left on device (os error 28)\n").kind,
            StdFailureKind::environment);
  EXPECT_EQ(classify("  process didn't exit successfully: `rustc` (signal: 9, SIGKILL: kill)\n").kind,
            StdFailureKind::environment);
  EXPECT_EQ(classify_std_failure({"", -1, 9, true, false, "t", "1"}).kind, StdFailureKind::timed_out);
  EXPECT_EQ(classify_std_failure({"", -1, 15, false, true, "t", "1"}).kind, StdFailureKind::cancelled);
  auto source = classify(
      "error: \"/x/library/Cargo.lock\" does not exist, unable to build with the standard library, "
      "try:\n        rustup component add rust-src\n");
  EXPECT_EQ(source.kind, StdFailureKind::no_rust_src);
  EXPECT_EQ(classify("").kind, StdFailureKind::unknown);
  EXPECT_THAT(classify("error: unexpected argument '--frob' found\n").message, HasSubstr("--frob"));
}

TEST(StdFailures, OnlyWhatWouldRepeatIsRemembered) {
  EXPECT_TRUE(is_lasting(classify(kNuttx).kind));
  EXPECT_TRUE(is_lasting(classify(kCsky).kind));
  EXPECT_FALSE(is_lasting(classify(kWindows).kind));
  EXPECT_FALSE(is_lasting(StdFailureKind::environment));
  EXPECT_FALSE(is_lasting(StdFailureKind::unknown));
}

}  // namespace
}  // namespace tripled::toolchain::test
