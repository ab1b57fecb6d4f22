// Failed tests and test executables.
#include <gmock/gmock.h>

#include "tests/diagnosis_causes/support.h"

namespace tripled::diagnosis {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

const char* const s390x = "s390x-unknown-linux-gnu";
const char* const x86_64 = "x86_64-unknown-linux-gnu";

std::string equal(const std::string& left, const std::string& right) {
  return "thread 't' (1) panicked at src/lib.rs:3:7:\nassertion `left == right` failed\n  left: " + left +
         "\n right: " + right +
         "\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace";
}

TEST(Tests, EmulatorsAreAskedUnderAnEmulatorAlone) {
  auto enosys = failed_test(
      "t", "thread 't' panicked at src/lib.rs:1:1:\nseccomp: Function not implemented (os error 38)");
  EXPECT_THAT(causes_of_test(s390x, true, enosys), ElementsAre("t: emulator-syscall, likely, emulator"));
  EXPECT_THAT(causes_of_test(s390x, false, enosys), ElementsAre("t: test-panic, certain, project"));
}

TEST(Tests, TheJudgesOwnWordsAreNoEvidence) {
  auto test = failed_test("t", equal("1", "2") + "\n[looks like a gap of the emulator: Exec format error]");
  EXPECT_THAT(causes_of_test(s390x, true, test), ElementsAre("t: test-assertion, likely, project"));
}

TEST(Tests, WhatQemuItselfSays) {
  for (auto [words, cause] :
       {std::pair{"qemu-riscv64: unable to find CPU model 'max'", "emulator-cpu-model, certain, emulator"},
        std::pair{"qemu-arm: Unable to reserve 0xfffff000 bytes of virtual address space",
                  "emulator-memory, certain, emulator"},
        std::pair{"qemu-aarch64: Could not open '/lib/ld-linux-aarch64.so.1': No such file or directory",
                  "emulator-loader-mix, certain, emulator"},
        std::pair{"/target/all: Invalid ELF image for this architecture",
                  "emulator-exec-format, certain, emulator"},
        std::pair{"killed by signal 4\nqemu: uncaught target signal 4 (Illegal instruction) - core dumped",
                  "emulator-cpu-model, likely, emulator"}})
    EXPECT_THAT(causes_of_test(s390x, true, failed_test("t", words)),
                ElementsAre("t: " + std::string(cause)));
}

TEST(Tests, BytesInTheOtherOrder) {
  EXPECT_THAT(causes_of_test(s390x, false, failed_test("t", equal("16909060", "67305985"))),
              ElementsAre("t: test-endianness, likely, project if target_endian = \"big\""));
  EXPECT_THAT(causes_of_test(x86_64, false, failed_test("t", equal("16909060", "67305985"))),
              ElementsAre("t: test-assertion, likely, project"))
      << "a little-endian machine is the one that authors have";
  EXPECT_THAT(causes_of_test(s390x, false, failed_test("t", equal("[1, 2, 3]", "[1, 2, 4]"))),
              ElementsAre("t: test-assertion, likely, project"));
}

TEST(Tests, SizesOf64BitWords) {
  EXPECT_THAT(causes_of_test("i686-unknown-linux-gnu", false, failed_test("t", equal("4", "8"))),
              ElementsAre("t: test-pointer-width, likely, project if target_pointer_width = \"32\""));
  EXPECT_THAT(causes_of_test(x86_64, false, failed_test("t", equal("4", "8"))),
              ElementsAre("t: test-assertion, likely, project"));
  EXPECT_THAT(causes_of_test("i686-unknown-linux-gnu", false, failed_test("t", equal("3", "7"))),
              ElementsAre("t: test-assertion, likely, project"));
}

TEST(Tests, SizesOfStructsAreTheTestsSubject) {
  const char* i686 = "i686-unknown-linux-gnu";
  EXPECT_THAT(
      causes_of_test(i686, false, failed_test("size_of_entry", equal("56", "80"))),
      ElementsAre("size_of_entry: test-pointer-width, likely, project if target_pointer_width = \"32\""));
  EXPECT_THAT(causes_of_test(i686, false, failed_test("count", equal("56", "80"))),
              ElementsAre("count: test-assertion, likely, project"));
  EXPECT_THAT(causes_of_test(x86_64, false, failed_test("size_of_entry", equal("56", "80"))),
              ElementsAre("size_of_entry: test-assertion, likely, project"));
}

TEST(Tests, NamedForTheOrderOfBytes) {
  EXPECT_THAT(causes_of_test(s390x, false, failed_test("write::big_endian", equal("\"a\"", "\"b\""))),
              ElementsAre("write::big_endian: test-endianness, guess, project if target_endian = \"big\""));
  EXPECT_THAT(causes_of_test(x86_64, false, failed_test("write::big_endian", equal("\"a\"", "\"b\""))),
              ElementsAre("write::big_endian: test-assertion, likely, project"));
}

TEST(Tests, LimitsAndSignals) {
  EXPECT_THAT(
      causes_of_test(x86_64, false, failed_test("t", "printed nothing for too long", TestState::timed_out)),
      ElementsAre("t: test-hang, certain, project"));
  EXPECT_THAT(causes_of_test(s390x, true, failed_test("t", "ran into the time limit", TestState::timed_out)),
              ElementsAre("t: test-timeout, certain, unknown"));
  EXPECT_THAT(causes_of_test(x86_64, false, failed_test("t", "killed by signal 11", TestState::crashed)),
              ElementsAre("t: test-signal, certain, project, signal 11"));
  EXPECT_THAT(causes_of_test(x86_64, false, failed_test("t", "killed by signal 7", TestState::crashed)),
              ElementsAre("t: test-signal, certain, project, signal 7"))
      << "x86 reads from any address: a mapped file is shorter than its pages";
  EXPECT_THAT(causes_of_test("sparc64-unknown-linux-gnu", false,
                             failed_test("t", "killed by signal 7", TestState::crashed)),
              ElementsAre("t: test-alignment, likely, project"));
  EXPECT_THAT(causes_of_test(x86_64, false, failed_test("t", "killed by signal 9", TestState::crashed)),
              ElementsAre("t: out-of-memory, guess, environment"));
}

TEST(Tests, WhatAJobHasNot) {
  EXPECT_THAT(
      causes_of_test(x86_64, false,
                     failed_test("t",
                                 "panicked at a.rs:1:1:\ncalled `Result::unwrap()` on an `Err` value: Os { "
                                 "code: 13, kind: PermissionDenied, message: \"Permission denied\" }")),
      ElementsAre("t: test-privileges, likely, environment"));
  EXPECT_THAT(causes_of_test(x86_64, false,
                             failed_test("t",
                                         "panicked at a.rs:1:1:\nfailed to lookup address information: "
                                         "Temporary failure in name resolution")),
              ElementsAre("t: test-network, likely, environment"));
  EXPECT_THAT(causes_of_test(x86_64, false,
                             failed_test("t", "panicked at a.rs:1:1:\nwrite: No space left on device")),
              ElementsAre("t: disk-full, likely, environment"));
  EXPECT_THAT(
      causes_of_test(x86_64, false, failed_test("t", "panicked at a.rs:1:1:\nis_lock_free() was false")),
      ElementsAre("t: test-atomics, guess, project"));
}

TEST(Tests, MemoryOf32BitsIsAddressSpace) {
  auto test =
      failed_test("t", "memory allocation of 734003200 bytes failed\nkilled by signal 6", TestState::crashed);
  EXPECT_THAT(causes_of_test("armv7-unknown-linux-gnueabihf", true, test),
              ElementsAre("t: test-pointer-width, likely, project"));
  EXPECT_THAT(causes_of_test(x86_64, false, test), ElementsAre("t: out-of-memory, likely, environment"));
}

TEST(Tests, Doctests) {
  auto test = failed_test("src/lib.rs - f (line 3)",
                          "error[E0308]: mismatched types\n --> src/lib.rs:4:13\nCouldn't compile the test.");
  test.kind = "doctest";
  EXPECT_THAT(causes_of_test(x86_64, false, test),
              ElementsAre("src/lib.rs - f (line 3): E0308 doctest-only, certain, project"));
  test.message =
      "Test executable failed (exit status: 101).\n\nstderr:\nthread 'main' panicked at "
      "src/lib.rs:5:1:\nassertion failed: false";
  test.failure = TestFailureKind::assert_;
  EXPECT_THAT(causes_of_test(x86_64, false, test),
              ElementsAre("src/lib.rs - f (line 3): test-assertion, likely, project"));
}

TEST(Tests, AFlakyOneIsStillDiagnosed) {
  auto test = failed_test("t", equal("1", "2"), TestState::passed);
  test.flaky = true;
  EXPECT_THAT(causes_of_test(x86_64, false, test), ElementsAre("t: test-assertion, likely, project"));
  test.flaky = false;
  EXPECT_THAT(causes_of_test(x86_64, false, test), testing::IsEmpty());
}

std::vector<std::string> binary(bool emulated, Outcome outcome, bool listed, const std::string& text,
                                const std::string& kind = "test") {
  Evidence evidence;
  evidence.stage = Stage::execute;
  evidence.cell.triple = s390x;
  evidence.runner.kind = emulated ? RunnerKind::emulated : RunnerKind::native;
  evidence.binaries = {{"sample", "all", kind, listed, outcome, text}};
  return in_short(diagnose(evidence));
}

TEST(Binaries, HowTheyEnded) {
  EXPECT_THAT(binary(false, Outcome::could_not_start, false, "cannot execute: required file not found"),
              ElementsAre("never-executed, certain, environment"));
  EXPECT_THAT(
      binary(true, Outcome::no_output, false, "could not list its tests: printed nothing for too long"),
      ElementsAre("emulator-loader-mix, guess, emulator"));
  EXPECT_THAT(binary(true, Outcome::no_output, true, "printed nothing for too long"),
              ElementsAre("test-hang, certain, unknown"));
  EXPECT_THAT(binary(false, Outcome::timed_out, true, "ran into the time limit"),
              ElementsAre("test-timeout, certain, project"));
  EXPECT_THAT(binary(false, Outcome::signalled, true, "killed by signal 11"),
              ElementsAre("test-signal, certain, project"));
  EXPECT_THAT(binary(true, Outcome::exited, false, "exited with status 1: unable to find CPU model 'max'"),
              ElementsAre("emulator-cpu-model, certain, emulator"));
  EXPECT_THAT(
      binary(false, Outcome::exited, false,
             "exited with status 127: error while loading shared libraries: libfoo.so.1: cannot open"),
      ElementsAre("native-library-missing, certain, environment, libfoo.so.1"));
  EXPECT_THAT(binary(false, Outcome::exited, false, "exited with status 1"),
              ElementsAre("never-executed, likely, unknown"));
  EXPECT_THAT(binary(false, Outcome::exited, true, "Unsupported system page size"),
              ElementsAre("test-page-size, likely, dependency"));
  EXPECT_THAT(binary(false, Outcome::exited, true, "exited with status 3"),
              ElementsAre("unknown, guess, unknown"));
}

TEST(Never, ACellWithoutARunnerSaysWhy) {
  AttemptResult result;
  result.process.outcome = Outcome::not_run;
  result.broken_reason = "no runner for x86_64-unknown-freebsd";
  Cell cell;
  cell.triple = "x86_64-unknown-freebsd";
  EXPECT_THAT(in_short(diagnose(evidence_of(cell, Stage::execute, result))),
              ElementsAre("never-executed, certain, environment"));
}

}  // namespace
}  // namespace tripled::diagnosis
