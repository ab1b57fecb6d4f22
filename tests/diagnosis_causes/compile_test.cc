// Linkers, build scripts, the resolver, toolchains: what their words mean.
#include <gmock/gmock.h>

#include "tests/diagnosis_causes/support.h"

namespace tripled::diagnosis {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

Evidence foreign(const std::string& triple = "s390x-unknown-linux-gnu") {
  auto out = sample();
  out.cell.triple = triple;
  return out;
}

std::vector<std::string> linking(const std::string& linker, const std::string& words,
                                 Evidence evidence = foreign()) {
  auto error = said("linking with `" + linker + "` failed: exit status: 1", "", "sample");
  error.notes = {"note:  \"" + linker + "\" \"-m64\" \"-lc\" \"-lgcc_s\"", "note: some arguments are omitted",
                 "note: " + words};
  return causes_of(std::move(evidence), {error});
}

TEST(Linking, Programs) {
  EXPECT_THAT(causes_of(foreign(), {said("linker `s390x-linux-gnu-gcc` not found", "", "sample")}),
              ElementsAre("linker-missing, certain, environment, s390x-linux-gnu-gcc"));
  EXPECT_THAT(linking("s390x-linux-gnu-gcc", "collect2: fatal error: cannot find 'ld'"),
              ElementsAre("linker-missing, certain, environment, s390x-linux-gnu-gcc"));
  EXPECT_THAT(
      linking("s390x-linux-gnu-gcc", "s390x-linux-gnu-gcc: error: unrecognized command-line option '-m64'"),
      ElementsAre("linker-wrong, certain, environment, s390x-linux-gnu-gcc"));
  EXPECT_THAT(linking("cc",
                      "/usr/bin/ld: /target/x.o: Relocations in generic ELF (EM: 22)\ncollect2: error: ld "
                      "returned 1 exit status"),
              ElementsAre("linker-wrong, certain, environment, cc"));
  EXPECT_THAT(linking("gcc", "gcc: error: unrecognized command-line option '-fuse-ld=mold'"),
              ElementsAre("linker-wrong, likely, environment, gcc"));
}

TEST(Linking, Libraries) {
  EXPECT_THAT(linking("s390x-linux-gnu-gcc",
                      "ld: cannot find -lssl: No such file or directory\nld: cannot find -lcrypto: No such "
                      "file or directory"),
              ElementsAre("native-library-missing, certain, environment, crypto"));
  EXPECT_THAT(linking("s390x-linux-gnu-gcc", "rust-lld: error: unable to find library -lssl"),
              ElementsAre("native-library-missing, certain, environment, ssl"));
  EXPECT_THAT(linking("s390x-linux-gnu-gcc",
                      "ld: skipping incompatible /usr/lib/libz.so when searching for -lz\nld: cannot find "
                      "-lz: No such file or directory"),
              ElementsAre("native-library-missing, certain, environment, z"));
  EXPECT_THAT(linking("s390x-linux-gnu-gcc",
                      "ld: cannot find Scrt1.o: No such file or directory\nld: cannot find -lc: No such file "
                      "or directory"),
              ElementsAre("native-library-missing, certain, environment, Scrt1.o"));
  EXPECT_THAT(linking("cc", "/usr/bin/ld: cannot find -lexecinfo: No such file or directory",
                      foreign("x86_64-unknown-freebsd")),
              ElementsAre("linker-wrong, likely, environment, cc"));
  EXPECT_THAT(linking("cc", "/usr/bin/ld: cannot find -lz: No such file or directory",
                      foreign("i686-unknown-linux-gnu")),
              ElementsAre("native-library-missing, certain, environment, z"));
}

TEST(Linking, WhatRustcAndLinkExeSay) {
  EXPECT_THAT(
      causes_of(foreign(), {said("could not find native static library `z`, perhaps an -L flag is missing?",
                                 "", "sample")}),
      ElementsAre("native-library-missing, certain, environment, z"));
  EXPECT_THAT(linking("link.exe", "LINK : fatal error LNK1181: cannot open input file 'sqlite3.lib'",
                      foreign("x86_64-pc-windows-msvc")),
              ElementsAre("native-library-missing, certain, environment, sqlite3"));
  EXPECT_THAT(linking("link.exe",
                      "main.o : error LNK2019: unresolved external symbol foo referenced in function main",
                      foreign("x86_64-pc-windows-msvc")),
              ElementsAre("undefined-symbols, certain, project, foo"));
  EXPECT_THAT(
      causes_of(
          foreign("x86_64-pc-windows-gnu"),
          {said("error calling dlltool 'x86_64-w64-mingw32-dlltool': No such file or directory (os error 2)",
                "", "sample")}),
      ElementsAre("linker-missing, certain, environment, x86_64-w64-mingw32-dlltool"));
}

TEST(Linking, Symbols) {
  EXPECT_THAT(linking("s390x-linux-gnu-gcc",
                      "x.o: in function `main':\nsrc/main.rs:2: undefined reference to "
                      "`zeta'\nsrc/main.rs:3: undefined reference to `alpha'"),
              ElementsAre("undefined-symbols, certain, project, alpha"));
  EXPECT_THAT(linking("rust-lld", "rust-lld: error: undefined symbol: foo_init\n>>> referenced by main.rs:2"),
              ElementsAre("undefined-symbols, certain, project, foo_init"));
  EXPECT_THAT(
      linking("cc",
              "Undefined symbols for architecture arm64:\n  \"_foo\", referenced from:\n      main in x.o",
              foreign("aarch64-apple-darwin")),
      ElementsAre("undefined-symbols, certain, project, _foo"));
  auto without = foreign("powerpc-unknown-linux-gnu");
  std::erase(without.cfg, "target_has_atomic=\"64\"");
  EXPECT_THAT(linking("powerpc-linux-gnu-gcc", "x.o: undefined reference to `__atomic_load_8'", without),
              ElementsAre("atomics-missing, certain, project, __atomic_load_8"));
  EXPECT_THAT(linking("cc", "x.o: undefined reference to `__atomic_load_16'"),
              ElementsAre("undefined-symbols, certain, project, __atomic_load_16"))
      << "more than a word is asked for knowingly";
  EXPECT_THAT(linking("s390x-linux-gnu-gcc", "libfoo.so: undefined reference to `fstat64@GLIBC_2.33'"),
              ElementsAre("glibc-too-new, certain, environment, fstat64@GLIBC_2.33"));
}

TEST(Linking, ADiskThatIsFullComesFirst) {
  EXPECT_THAT(
      linking("cc", "/usr/bin/ld: final link failed: No space left on device\nundefined reference to `x'"),
      ElementsAre("disk-full, certain, environment"));
}

std::vector<std::string> script(const std::string& last, const std::string& output,
                                Evidence evidence = foreign()) {
  return causes_of(
      std::move(evidence),
      {said("build script of `sample v0.1.0` failed: " + last,
            "error: failed to run custom build command for `sample v0.1.0`\n\nCaused by:\n  process didn't "
            "exit successfully: `/target/build-script-build` (exit status: 1)\n  --- stderr\n  " +
                output,
            "sample")});
}

TEST(BuildScript, Tools) {
  EXPECT_THAT(script("error occurred in cc-rs",
                     "failed to find tool \"s390x-linux-gnu-gcc\": No such file or directory (os error 2)"),
              ElementsAre("c-compiler-missing, certain, environment, s390x-linux-gnu-gcc"));
  EXPECT_THAT(
      script("is `cmake` not installed?",
             "failed to execute command: No such file or directory (os error 2)\nis `cmake` not installed?"),
      ElementsAre("build-script-failed, certain, environment, cmake"));
  EXPECT_THAT(script("error occurred in cc-rs",
                     "s390x-linux-gnu-gcc: error: unrecognized command-line option '-m64'"),
              ElementsAre("c-compiler-missing, likely, environment, CC"));
}

TEST(BuildScript, Libraries) {
  EXPECT_THAT(script("pkg-config", "The system library `zlib` required by crate `foo-sys` was not found."),
              ElementsAre("native-library-missing, certain, environment, zlib"));
  EXPECT_THAT(script("pkg-config", "pkg-config has not been configured to support cross-compilation."),
              ElementsAre("native-library-missing, certain, environment, pkg-config"));
  EXPECT_THAT(script("cc", "src/x.c:1:10: fatal error: openssl/ssl.h: No such file or directory"),
              ElementsAre("native-library-missing, likely, environment, openssl/ssl.h"));
  EXPECT_THAT(script("cc", "src/x.c:1:10: fatal error: stdio.h: No such file or directory"),
              ElementsAre("native-library-missing, certain, environment, stdio.h"));
  EXPECT_THAT(script("cannot run",
                     "/target/build-script-build: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.39' not "
                     "found (required by /target/build-script-build)"),
              ElementsAre("glibc-too-new, certain, environment, GLIBC_2.39"));
}

TEST(BuildScript, CodeForAnotherArchitecture) {
  EXPECT_THAT(script("cc", "src/x.c:1:10: fatal error: immintrin.h: No such file or directory"),
              ElementsAre("foreign-arch-code, certain, project, immintrin.h"));
}

TEST(BuildScript, RefusesThePlatformInSoManyWords) {
  EXPECT_THAT(script("unsupported target: s390x-unknown-linux-gnu",
                     "panicked at build.rs:1:1:\nunsupported target: s390x-unknown-linux-gnu"),
              ElementsAre("unsupported-on-purpose, certain, project, build script"));
  EXPECT_THAT(script("this crate only supports Windows",
                     "panicked at build.rs:1:1:\nthis crate only supports Windows"),
              ElementsAre("unsupported-on-purpose, likely, project, build script"));
  EXPECT_THAT(script("unsupported option --fast for target", "unsupported option --fast for target"),
              ElementsAre("build-script-failed, certain, project"));
  EXPECT_THAT(script("unsupported version of the table", "unsupported version of the table"),
              ElementsAre("build-script-failed, certain, project"));
}

TEST(Resolver, Features) {
  EXPECT_THAT(causes_of(sample(), {said("package `sample` depends on `foo` with feature `nope` but `foo` "
                                        "does not have that feature.")}),
              ElementsAre("feature-unknown, certain, project, foo/nope"));
  EXPECT_THAT(causes_of(sample(), {said("the package 'sample' does not contain this feature: zzz")}),
              ElementsAre("feature-unknown, certain, project, zzz"));
  EXPECT_THAT(causes_of(sample(),
                        {said("failed to parse manifest",
                              "error: failed to parse manifest at `/src/Cargo.toml`\n\nCaused by:\n  feature "
                              "`a` includes `dep:nope`, but `nope` is not listed as a dependency")}),
              ElementsAre("feature-unknown, certain, project, a"));
}

TEST(Resolver, Versions) {
  EXPECT_THAT(causes_of(sample(), {said("failed to select a version for the requirement `foo = \"^9\"`",
                                        "error: failed to select a version for the requirement `foo = "
                                        "\"^9\"`\nrequired by package `sample v0.1.0 (/src)`")}),
              ElementsAre("resolver-failed, certain, project, foo"));
  EXPECT_THAT(causes_of(sample(), {said("failed to select a version for `b`.",
                                        "package `b` links to the native library `z`, but it conflicts with "
                                        "a previous package which links to `z` as well")}),
              ElementsAre("resolver-failed, certain, project, z"));
  EXPECT_THAT(
      causes_of(
          sample(),
          {said("cannot update the lock file /src/Cargo.lock because --locked was passed to prevent this")}),
      ElementsAre("resolver-failed, certain, project, Cargo.lock"));
  EXPECT_THAT(
      causes_of(
          sample(),
          {said("failed to parse lock file at: /src/Cargo.lock: lock file version `9` was found, but this "
                "version of Cargo does not understand this lock file, perhaps Cargo needs to be updated?")}),
      ElementsAre("resolver-failed, certain, toolchain, Cargo.lock"));
}

// A prepare that failed has one line alone.
TEST(Resolver, WordsOfThePrepare) {
  auto prepare = [](const std::string& reason) {
    AttemptResult result;
    result.process.outcome = Outcome::not_run;
    result.broken_reason = reason;
    return in_short(diagnose(evidence_of(Cell(), Stage::check, result)));
  };
  EXPECT_THAT(prepare("package `a` depends on `b` with feature `z` but `b` does not have that feature."),
              ElementsAre("feature-unknown, certain, project, b/z"));
  EXPECT_THAT(prepare("failed to select a version for `b`."),
              ElementsAre("resolver-failed, certain, project, b"));
  EXPECT_THAT(prepare("cyclic package dependency: package `a v0.1.0 (/src/a)` depends on itself. Cycle:"),
              ElementsAre("resolver-failed, certain, project, a"));
  EXPECT_THAT(
      prepare("the lock file /src/Cargo.lock needs to be updated but --frozen was passed to prevent this"),
      ElementsAre("resolver-failed, certain, project, Cargo.lock"));
}

TEST(Resolver, FilesThatTheManifestNames) {
  EXPECT_THAT(
      causes_of(sample(), {said("can't find `gone` example at `examples/gone.rs` or `examples/gone/main.rs`. "
                                "Please specify example.path if you want to use a non-default path.")}),
      ElementsAre("package-incomplete, certain, project, gone"));
  EXPECT_THAT(causes_of(sample(), {said("can't find bin `gone` at path `/src/src/bin/gone.rs`")}),
              ElementsAre("package-incomplete, certain, project, gone"));
}

TEST(Toolchain, Std) {
  auto error = error_at("src/lib.rs", 1, 1, "E0463", "can't find crate for `std`", "can't find crate");
  error.notes = {"note: the `s390x-unknown-linux-gnu` target may not be installed"};
  EXPECT_THAT(causes_of(foreign(), {error}), ElementsAre("E0463 std-missing, certain, toolchain, std"));
  error.notes = {"note: the `thumbv7m-none-eabi` target may not support the standard library"};
  EXPECT_THAT(causes_of(foreign("thumbv7m-none-eabi"), {error}),
              ElementsAre("E0463 std-missing, certain, project, std"));
  error.message = "can't find crate for `foo`";
  error.notes.clear();
  EXPECT_THAT(causes_of(foreign(), {error}),
              ElementsAre("E0463 dependency-not-declared, likely, project, foo"));
}

TEST(Toolchain, WordsOfTheSetup) {
  auto setup = [](const std::string& reason) {
    AttemptResult result;
    result.process.outcome = Outcome::not_run;
    result.broken_reason = reason;
    Cell cell;
    cell.triple = "s390x-unknown-linux-gnu";
    return in_short(diagnose(evidence_of(cell, Stage::check, result)));
  };
  EXPECT_THAT(setup("std itself does not compile for armv7-unknown-helenos with rustc 1.96.0: `cfg_select` "
                    "without a branch"),
              ElementsAre("std-does-not-build, certain, toolchain, std"));
  EXPECT_THAT(setup("rustc crashes on std for m68k-unknown-linux-gnu with rustc 1.96.0: signal 11"),
              ElementsAre("compiler-crash, certain, toolchain, std"));
  EXPECT_THAT(setup("this rustc cannot compile for csky-unknown-linux-gnuabiv2 with rustc 1.96.0"),
              ElementsAre("target-spec-unsupported, certain, toolchain, s390x-unknown-linux-gnu"));
  EXPECT_THAT(setup("linker `s390x-linux-gnu-gcc` not found"),
              ElementsAre("linker-missing, certain, environment, s390x-linux-gnu-gcc"));
  EXPECT_THAT(setup("linker `cc` is for another machine than s390x-unknown-linux-gnu: x86-64"),
              ElementsAre("linker-wrong, certain, environment, cc"));
  EXPECT_THAT(setup("something else"), ElementsAre("unknown, guess, environment"));
}

TEST(Toolchain, Age) {
  EXPECT_THAT(causes_of(sample(), {said("rustc 1.70.0 is not supported by the following package:",
                                        "error: rustc 1.70.0 is not supported by the following package:\n  "
                                        "foo@1.2.0 requires rustc 1.80\n")}),
              ElementsAre("toolchain-too-old, certain, toolchain, rustc 1.80"));
  EXPECT_THAT(causes_of(sample(), {said("failed to parse manifest",
                                        "Caused by:\n  this version of Cargo is older than the `2024` "
                                        "edition, and only supports `2015`, `2018`, and `2021` editions.")}),
              ElementsAre("toolchain-too-old, certain, toolchain, edition 2024"));
}

TEST(Artifacts, CrateTypesAndPanics) {
  EXPECT_THAT(causes_of(foreign("x86_64-unknown-linux-musl"),
                        {said("cannot produce proc-macro for `sample v0.1.0 (/src)` as the target "
                              "`x86_64-unknown-linux-musl` does not support these crate types")}),
              ElementsAre("artifact-unsupported, certain, project, proc-macro"));
  auto panic = said("the crate `foo` does not have the panic strategy `unwind`", "", "sample");
  EXPECT_THAT(causes_of(foreign(), {panic}), ElementsAre(StartsWith("artifact-unsupported, certain")));
}

}  // namespace
}  // namespace tripled::diagnosis
