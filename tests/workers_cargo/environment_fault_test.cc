#include "workers/cargo/environment_fault.h"

#include <gmock/gmock.h>
#include <signal.h>

#include "schema/model/debian.h"
#include "tests/workers_cargo/support.h"

namespace tripled::cargo {
namespace {

using testing::HasSubstr;

Diagnostic link_error(const std::string& linker, const std::string& said) {
  Diagnostic out;
  out.message = "linking with `" + linker + "` failed: exit status: 1";
  out.notes = {"note: \"cc\" \"-lgcc_s\" \"-lc\"", "note: " + said};
  return out;
}

CargoError build_script(const std::string& said) {
  CargoError out;
  out.kind = CargoErrorKind::build_script_failed;
  out.package = "native-sys";
  out.text = "failed to run custom build command\n\nCaused by:\n  --- stderr\n  " + said;
  return out;
}

TEST(BuildScript, ThatWroteTooMuchSaysWhichLimitEndedIt) {
  auto error = build_script("");
  error.signal = SIGXFSZ;
  auto fault = environment_fault(error, FaultContext());
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->reason, "a file grew larger than a job may write (signal 25)");
  EXPECT_EQ(fault->fix, "tripled-worker --job-file …");
}

struct LinkCase {
  const char* said;
  const char* reason;  // empty: the project's own
  const char* fix;
};

class LinkFailure : public testing::TestWithParam<LinkCase> {};

TEST_P(LinkFailure, IsWhoseFault) {
  auto fault = environment_fault(link_error("s390x-linux-gnu-gcc", GetParam().said), {kS390x, kHost, true});
  if (std::string(GetParam().reason).empty()) {
    EXPECT_FALSE(fault) << fault->reason;
    return;
  }
  ASSERT_TRUE(fault);
  EXPECT_THAT(fault->reason, HasSubstr(GetParam().reason));
  EXPECT_EQ(fault->fix, GetParam().fix);
}

constexpr const char* kZlib =
    "dpkg --add-architecture s390x && apt-get update && apt-get install zlib1g-dev:s390x";

INSTANTIATE_TEST_SUITE_P(
    Texts, LinkFailure,
    testing::Values(LinkCase{"/usr/bin/ld: cannot find -lz: No such file or directory\ncollect2: error",
                             "native library `z`", kZlib},
                    LinkCase{"rust-lld: error: unable to find library -lz", "native library `z`", kZlib},
                    LinkCase{"ld: library not found for -lfoo", "native library `foo`", ""},
                    LinkCase{"ld: library 'foo' not found", "native library `foo`", ""},
                    LinkCase{"/usr/bin/ld: a.o: in function `main': undefined reference to `nosuch'", "", ""},
                    LinkCase{"rust-lld: error: undefined symbol: nosuch", "", ""},
                    LinkCase{"Undefined symbols for architecture arm64: _x", "", ""},
                    LinkCase{"multiple definition of `f'; a.o: first defined here", "", ""},
                    LinkCase{"region `FLASH' overflowed by 12 bytes", "", ""},
                    LinkCase{"ld: cannot find Scrt1.o: No such file or directory\nld: cannot find -lc",
                             "startup files", "apt-get install libc6-dev-s390x-cross"},
                    LinkCase{"gcc: error: unrecognized command-line option '-m64'",
                             "is not one for s390x-unknown-linux-gnu",
                             "linker: …   # a linker for s390x-unknown-linux-gnu, in the matrix or `tripled "
                             "doctor s390x-unknown-linux-gnu`"},
                    LinkCase{"ld: Relocations in generic ELF (EM: 22)", "is not one for",
                             "linker: …   # a linker for s390x-unknown-linux-gnu, in the matrix or `tripled "
                             "doctor s390x-unknown-linux-gnu`"},
                    LinkCase{"ld: final link failed: No space left on device", "disk full", "df -h"},
                    LinkCase{"something nobody knows", "linker `s390x-linux-gnu-gcc` failed (exit status: 1)",
                             ""}));

TEST(EnvironmentFault, RecordedWrongLinker) {
  auto messages = messages_of("wrong-linker.96", kS390x);
  ASSERT_EQ(messages.errors.size(), 1u);
  auto fault = environment_fault(messages.errors[0].diagnostic, {kS390x, kHost, true});
  ASSERT_TRUE(fault);
  EXPECT_THAT(fault->reason, HasSubstr("is not one for s390x-unknown-linux-gnu"));
}

TEST(EnvironmentFault, StdWhereNoneCanExistIsTheProjects) {
  Diagnostic error;
  error.code = "E0463";
  error.message = "can't find crate for `std`";
  EXPECT_TRUE(environment_fault(error, {kS390x, kHost, true}));
  EXPECT_FALSE(environment_fault(error, {"thumbv7em-none-eabi", kHost, false}));
  error.notes = {"note: the `thumbv7em-none-eabi` target may not support the standard library"};
  EXPECT_FALSE(environment_fault(error, {"thumbv7em-none-eabi", kHost, true}));
  error.message = "can't find crate for `core`";
  EXPECT_TRUE(environment_fault(error, {"thumbv7em-none-eabi", kHost, false}));
  error.message = "can't find crate for `serde`";
  EXPECT_FALSE(environment_fault(error, {kS390x, kHost, true}));
}

TEST(EnvironmentFault, CodeIsNotBlamedOnTheMachine) {
  Diagnostic own;
  own.message = "out of memory is not handled here: No space left on device";  // compile_error!
  own.file = "src/lib.rs";
  EXPECT_FALSE(environment_fault(own, {kS390x, kHost, true}));
  own.code = "E0432";
  own.message = "unresolved import `win`";
  EXPECT_FALSE(environment_fault(own, {kS390x, kHost, true}));
}

struct ScriptCase {
  const char* said;
  const char* reason;
  const char* fix;
};

class BuildScript : public testing::TestWithParam<ScriptCase> {};

TEST_P(BuildScript, IsWhoseFault) {
  auto fault = environment_fault(build_script(GetParam().said), {kS390x, kHost, true});
  if (std::string(GetParam().reason).empty()) {
    EXPECT_FALSE(fault) << fault->reason;
    return;
  }
  ASSERT_TRUE(fault);
  EXPECT_THAT(fault->reason, HasSubstr(GetParam().reason));
  EXPECT_EQ(fault->fix, GetParam().fix);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, BuildScript,
    testing::Values(
        ScriptCase{"error occurred in cc-rs: failed to find tool \"s390x-linux-gnu-gcc\": No such file or "
                   "directory (os error 2)",
                   "program `s390x-linux-gnu-gcc` not found", "apt-get install gcc-s390x-linux-gnu"},
        ScriptCase{"Failed to find tool. Is `aarch64-linux-gnu-g++` installed? (see https://example.org)",
                   "program `aarch64-linux-gnu-g++` not found", "apt-get install g++-aarch64-linux-gnu"},
        ScriptCase{"failed to execute command: No such file (os error 2)\nis `cmake` not installed?",
                   "program `cmake` not found", "apt-get install cmake"},
        ScriptCase{"Package openssl was not found in the pkg-config search path.",
                   "pkg-config does not know `openssl`",
                   "dpkg --add-architecture s390x && apt-get update && apt-get install libssl-dev:s390x"},
        ScriptCase{"The system library `alsa` required by crate `alsa-sys` was not found.", "`alsa`",
                   "dpkg --add-architecture s390x && apt-get update && apt-get install libasound2-dev:s390x"},
        ScriptCase{"pkg-config has not been configured to support cross-compilation.",
                   "pkg-config is not configured",
                   "env: {PKG_CONFIG_SYSROOT_DIR: …, PKG_CONFIG_LIBDIR: …}   # or `sysroot:`"},
        ScriptCase{"Unable to find libclang: \"couldn't find any valid shared libraries\"",
                   "libclang not found", "apt-get install libclang-dev"},
        ScriptCase{"foo.c:1:10: fatal error: zlib.h: No such file or directory", "C header `zlib.h`", ""},
        ScriptCase{"thread 'main' panicked at build.rs:3: unsupported platform", "", ""}));

TEST(Debian, NamesThatAreCertain) {
  EXPECT_EQ(debian_architecture("armv7-unknown-linux-gnueabihf"), "armhf");
  EXPECT_EQ(debian_architecture("powerpc64le-unknown-linux-gnu"), "ppc64el");
  EXPECT_EQ(debian_architecture("i686-unknown-linux-gnu"), "i386");
  EXPECT_EQ(debian_architecture("x86_64-unknown-freebsd"), std::nullopt);
  EXPECT_EQ(debian_architecture("aarch64-unknown-linux-musl"), std::nullopt);
  EXPECT_EQ(package_of_program("arm-linux-gnueabihf-gcc"), "gcc-arm-linux-gnueabihf");
  EXPECT_EQ(package_of_program("/opt/x/x86_64-linux-gnux32-gcc"), "gcc-x86-64-linux-gnux32");
  EXPECT_EQ(package_of_program("aarch64-linux-gnu-ar"), "binutils-aarch64-linux-gnu");
  EXPECT_EQ(package_of_program("zig-cc"), std::nullopt);
  EXPECT_EQ(package_of_library("nosuch"), std::nullopt);
  EXPECT_EQ(install_line("libssl-dev", kHost, kHost), "apt-get install libssl-dev");
}

}  // namespace
}  // namespace tripled::cargo
