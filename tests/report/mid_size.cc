#include "tests/report/fixture.h"

namespace tripled::report::fixture {
namespace {

const Unit lib = unit("endian", "endian", "lib");
const Unit bin = unit("endian", "dump", "bin");
const Unit import = unit("x86-import", "x86_import", "lib");
const Unit import_bin = unit("x86-import", "x86-tool", "bin");
const Unit lib_tests = unit("endian", "endian", "lib", true);
const Unit import_tests = unit("x86-import", "x86_import", "lib", true);
const Unit api_tests = unit("endian", "api", "test", true);
const Unit doctests = unit("endian", "endian", "doctest");

const std::vector<Unit> build_units{lib, bin, import, import_bin};
const std::vector<Unit> test_units{lib_tests, import_tests, api_tests, doctests};

std::vector<UnitResult> all(const std::vector<Unit>& units) {
  std::vector<UnitResult> out;
  for (const auto& u : units)
    if (u.kind != "doctest") out.push_back(unit_result(u));
  return out;
}

std::vector<TestResult> tests() {
  return {test("endian", "endian", "lib", "tests::format_is_little_endian"),
          test("endian", "endian", "lib", "tests::reads_back"),
          test("endian", "endian", "lib", "tests::slow", TestState::ignored),
          test("endian", "api", "test", "hangs_sometimes"),
          test("endian", "endian", "doctest", "src/lib.rs - write (line 12)"),
          test("x86-import", "x86_import", "lib", "tests::import")};
}

UnitResult bad_import(const Unit& u) {
  return failed(u, "E0432", "unresolved import `arch::asm_sym`", "crates/x86-import/src/x86.rs", 3);
}

UnitResult blocked_tool() {
  auto out = unit_result(import_bin, Verdict::blocked);
  out.blocked_by = "x86-import/x86_import";
  return out;
}

ExpectedFailure known(const std::string& unit, Stage stage, const std::string& error,
                      const std::string& reason) {
  ExpectedFailure out;
  out.unit = unit;
  out.stage = stage;
  out.error = error;
  out.reason = reason;
  out.where = "matrix.yaml:20:9";
  return out;
}

}  // namespace

void mid_size(SweepMaker& sweep) {
  auto hanging = tests();
  hanging[3].state = TestState::timed_out;
  hanging[3].failure = TestFailureKind::timeout;
  hanging[3].message = "printed nothing for too long";
  auto known_hang = known("endian/api", Stage::execute, "", "sleeps for an hour, #77");
  known_hang.verdict = Verdict::timeout;
  sweep.cell(host, host)
      .expect(known_hang)
      .plan(build_units, test_units)
      .compiled(Stage::check, all(build_units))
      .compiled(Stage::build, all(build_units))
      .compiled(Stage::test_no_run, all(test_units))
      .executed(RunnerKind::native, hanging);

  std::vector<UnitResult> i686_build{unit_result(lib), unit_result(bin), bad_import(import), blocked_tool()};
  auto i686_tests = tests();
  i686_tests.pop_back();
  sweep.cell(i686, i686)
      .plan(build_units, test_units)
      .compiled(Stage::check, i686_build)
      .compiled(Stage::build, i686_build)
      .compiled(Stage::test_no_run,
                {unit_result(lib_tests), bad_import(import_tests), unit_result(api_tests)})
      .executed(RunnerKind::native, i686_tests);

  auto big = tests();
  big[0] = test("endian", "endian", "lib", "tests::format_is_little_endian", TestState::failed,
                "assertion `left == right` failed: <script>alert(1)</script>\n  left: [0, 0, 0, 1]\n right: "
                "[1, 0, 0, 0]");
  sweep.cell(s390x, s390x)
      .plan(build_units, test_units)
      .compiled(Stage::check, all(build_units))
      .compiled(Stage::build, all(build_units))
      .compiled(Stage::test_no_run, all(test_units))
      .executed(RunnerKind::emulated, big);

  sweep.cell("aarch64-unknown-linux-gnu", "aarch64-unknown-linux-gnu")
      .plan(build_units, test_units)
      .compiled(Stage::check, all(build_units))
      .broken(Stage::build, "no linker: aarch64-linux-gnu-gcc was not found",
              "apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross")
      .broken(Stage::test_no_run, "no linker: aarch64-linux-gnu-gcc was not found",
              "apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross")
      .blocked(Stage::execute, "nothing before it succeeded");

  const std::string i686_freebsd = "i686-unknown-freebsd";
  sweep.cell(i686_freebsd, i686_freebsd)
      .expect(known("endian", Stage::check, "E0432", "the manifest does not declare `posix` there"))
      .plan(build_units, test_units)
      .compiled(Stage::check, i686_build);

  sweep.cell("wasm32-wasip1", "wasm32-wasip1").excluded("no runner yet");
  sweep.record().prepare->notes = {"rust-toolchain.toml of the project asks for 1.90 and is not used"};
}

}  // namespace tripled::report::fixture
