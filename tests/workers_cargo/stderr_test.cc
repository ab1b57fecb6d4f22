#include "workers/cargo/stderr.h"

#include <gmock/gmock.h>

#include "tests/workers_cargo/support.h"

namespace tripled::cargo {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct OneError {
  const char* file;
  CargoErrorKind kind;
  const char* message;
};

class CargoSays : public testing::TestWithParam<OneError> {};

TEST_P(CargoSays, OneTypedError) {
  auto errors = cargo_errors_of(GetParam().file);
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_EQ(static_cast<int>(errors[0].kind), static_cast<int>(GetParam().kind));
  EXPECT_THAT(errors[0].message, HasSubstr(GetParam().message));
  EXPECT_TRUE(is_global(errors[0].kind));
  EXPECT_EQ(to_diagnostic(errors[0]).message, errors[0].message);
}

constexpr const char* kFeature =
    "package `unkfeat` depends on `base` with feature `nope` but `base` does not have that feature.";

INSTANTIATE_TEST_SUITE_P(
    Recorded, CargoSays,
    testing::Values(
        OneError{"unknown-feature.96", CargoErrorKind::unknown_feature, kFeature},
        OneError{"unknown-feature.95", CargoErrorKind::unknown_feature, kFeature},
        OneError{"unknown-feature-cli.96", CargoErrorKind::unknown_feature,
                 "does not contain this feature: nope"},
        OneError{"no-package.96", CargoErrorKind::network,
                 "no matching package named `surely-does-not-exist-xyz`"},
        OneError{"no-package.95", CargoErrorKind::network,
                 "no matching package named `surely-does-not-exist-xyz`"},
        OneError{"no-version.96", CargoErrorKind::network, "failed to select a version for the requirement"},
        OneError{"links.96", CargoErrorKind::resolution, "failed to select a version for `links`"},
        OneError{"links.95", CargoErrorKind::resolution, "failed to select a version for `links`"},
        OneError{"no-example.96", CargoErrorKind::missing_target_file,
                 "can't find `gone` example at `examples/gone.rs`"},
        OneError{"no-bin-file.96", CargoErrorKind::missing_target_file, "can't find bin `gonebin` at path"},
        OneError{"locked.96", CargoErrorKind::lock_outdated, "because --locked was passed"},
        OneError{"locked.95", CargoErrorKind::lock_outdated, "because --locked was passed"},
        OneError{"no-such-bin.96", CargoErrorKind::selection, "no bin target named `nosuchbin`"},
        OneError{"no-profile.95", CargoErrorKind::selection, "profile `fast` is not defined"},
        OneError{"bad-toml.96", CargoErrorKind::manifest, "extra `=`, expected nothing"},
        OneError{"edition.96", CargoErrorKind::manifest, "`2099` is unknown"},
        OneError{"missing-path.96", CargoErrorKind::manifest, "failed to get `gone` as a dependency"},
        OneError{"rust-version.95", CargoErrorKind::rust_version,
                 "is not supported by the following packages"},
        OneError{"nonsense-triple.96", CargoErrorKind::toolchain,
                 "learn about target-specific information"}));

TEST(CargoErrors, TomlErrorHasItsPlace) {
  auto errors = cargo_errors_of("bad-toml.96");
  ASSERT_THAT(errors, SizeIs(1));
  auto diagnostic = to_diagnostic(errors[0]);
  EXPECT_EQ(diagnostic.file, "Cargo.toml");
  EXPECT_EQ(diagnostic.line, 5);
  EXPECT_EQ(diagnostic.column, 5);
}

TEST(CargoErrors, EveryUnitOfAFailedBuild) {
  auto errors = cargo_errors_of("workspace-test-rest.96");
  int lib = 0, lib_test = 0, bin = 0, bin_test = 0, test = 0, scripts = 0;
  for (const auto& error : errors) {
    if (error.kind == CargoErrorKind::build_script_failed) {
      ++scripts;
      EXPECT_EQ(error.package, "buildfail");
      EXPECT_EQ(error.version, "0.1.0");
      EXPECT_EQ(error.message, "build script of `buildfail v0.1.0` failed: no foo.pc");
      EXPECT_THAT(build_script_stderr(error), HasSubstr("pkg-config exited with status 1\n"));
      EXPECT_THAT(build_script_stderr(error), testing::Not(HasSubstr("cargo::rerun-if-changed")));
      continue;
    }
    ASSERT_EQ(static_cast<int>(error.kind), static_cast<int>(CargoErrorKind::unit_failed)) << error.message;
    if (error.unit_kind == "lib") ++(error.harness ? lib_test : lib);
    if (error.unit_kind == "bin") ++(error.harness ? bin_test : bin);
    if (error.unit_kind == "test") {
      ++test;
      EXPECT_TRUE(error.harness);
    }
    if (error.package == "gated") {
      EXPECT_EQ(error.errors, error.harness ? 3 : 2);
    }
  }
  EXPECT_EQ(scripts, 1);
  EXPECT_EQ(lib, 1);       // gated
  EXPECT_EQ(lib_test, 2);  // gated, testonly
  EXPECT_EQ(bin, 3);
  EXPECT_EQ(bin_test, 4);  // multi's three, nolib
  EXPECT_EQ(test, 3);
}

TEST(CargoErrors, KilledCompiler) {
  auto errors = cargo_errors_of("killed.96");
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_EQ(static_cast<int>(errors[0].kind), static_cast<int>(CargoErrorKind::unit_crashed));
  EXPECT_EQ(errors[0].package, "killed");
  EXPECT_EQ(errors[0].unit_kind, "lib");
  EXPECT_EQ(errors[0].signal, 9);
}

TEST(CargoErrors, BuildScriptsOwnErrors) {
  auto logged = cargo_errors_of("build-script-logged.96");
  ASSERT_THAT(logged, SizeIs(1));  // two cargo::error lines of one failure
  EXPECT_EQ(static_cast<int>(logged[0].kind), static_cast<int>(CargoErrorKind::build_script_failed));
  EXPECT_EQ(logged[0].package, "bserr");
  EXPECT_THAT(logged[0].message, HasSubstr("need libfoo >= 2"));
  EXPECT_THAT(logged[0].text, HasSubstr("second"));
  auto invalid = cargo_errors_of("build-script-invalid.96");
  ASSERT_THAT(invalid, SizeIs(1));
  EXPECT_EQ(invalid[0].package, "bsinv");
}

TEST(CargoErrors, NothingWrong) { EXPECT_THAT(cargo_errors_of("clean-test.96"), IsEmpty()); }

TEST(CargoErrors, HugeBlocksAndLinesAreBounded) {
  StderrParser parser;
  parser.feed(
      "error: failed to run custom build command for `big v1.0.0 (/src/big)`\n\nCaused by:\n  x\n  --- "
      "stderr\n");
  for (int i = 0; i < 20000; ++i) parser.feed("  a line of the build script that says nothing of interest\n");
  parser.feed("  the last word\nerror: " + std::string(3u << 20, '`') + "\n");
  for (int i = 0; i < 1000; ++i)
    parser.feed("error: could not compile `x" + std::to_string(i) + "` (lib) due to 1 previous error\n");
  parser.finish();
  EXPECT_THAT(parser.errors(), SizeIs(200));
  EXPECT_LE(parser.errors()[0].text.size(), 17u << 10);
}

TEST(CargoErrors, MergeAddsWhatIsNew) {
  auto errors = cargo_errors_of("workspace-test.96");
  auto rest = cargo_errors_of("workspace-test-rest.96");
  auto expected = rest.size();
  merge_cargo_errors(errors, rest);
  EXPECT_EQ(errors.size(), expected);
}

}  // namespace
}  // namespace tripled::cargo
