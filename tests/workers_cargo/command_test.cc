#include "workers/cargo/command.h"

#include <gmock/gmock.h>

#include "tests/workers_cargo/support.h"
#include "workers/cargo/flags.h"

namespace tripled::cargo {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::Pair;

CommandInput input() {
  CommandInput out;
  out.cargo = "/usr/bin/cargo";
  out.rustc = "/view/bin/rustc";
  out.rustdoc = "/view/bin/rustdoc";
  out.host = kHost;
  out.triples = {kS390x};
  out.target_dir = "/target";
  out.base = base_environment({{"HOME", "/home/u"},
                               {"RUSTFLAGS", "-g"},
                               {"CARGO_BUILD_TARGET", "x"},
                               {"RUSTC_WRAPPER", "sccache"},
                               {"PATH", "/home/u/.cargo/bin"},
                               {"HTTPS_PROXY", "p"}});
  out.setup = {{"CC_s390x_unknown_linux_gnu", "s390x-linux-gnu-gcc"}};
  return out;
}

TEST(BaseEnvironment, AllowListOnly) {
  auto env = input().base;
  EXPECT_THAT(env, testing::UnorderedElementsAre(
                       Pair("HOME", "/home/u"), Pair("LANG", "C.UTF-8"), Pair("LC_ALL", "C.UTF-8"),
                       Pair("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")));
  auto networked = base_environment({{"HTTPS_PROXY", "p"}}, {"/opt/x"}, true);
  EXPECT_THAT(networked, Contains(Pair("HTTPS_PROXY", "p")));
  EXPECT_THAT(networked.at("PATH"), testing::StartsWith("/opt/x:"));
}

TEST(Command, CheckBuildAndTest) {
  auto in = input();
  EXPECT_THAT(compile_command(Stage::check, in).argv,
              ElementsAre("/usr/bin/cargo", "check", "--keep-going", "--message-format=json", "--target",
                          kS390x, "--offline"));
  in.settings.scope = {"-p", "demo", "--no-default-features", "--features", "a,b"};
  in.settings.lockfile = "locked";
  in.settings.profile.name = "release";
  EXPECT_THAT(compile_command(Stage::build, in).argv,
              ElementsAre("/usr/bin/cargo", "build", "--keep-going", "--message-format=json", "--target",
                          kS390x, "--profile", "release", "--locked", "--offline", "-p", "demo",
                          "--no-default-features", "--features", "a,b"));
  auto test = compile_command(Stage::test_no_run, in).argv;
  EXPECT_THAT(test, Contains("--no-run"));
  EXPECT_THAT(test, Not(Contains("--keep-going")));  // cargo test refuses it
}

TEST(Command, Environment) {
  auto in = input();
  in.settings.env = {{"QUICK", "1"}, {"HOME", std::nullopt}, {"CARGO_TARGET_DIR", "/elsewhere"}};
  auto env = compile_command(Stage::build, in).env;
  EXPECT_EQ(env.at("RUSTC"), "/view/bin/rustc");
  EXPECT_EQ(env.at("RUSTDOC"), "/view/bin/rustdoc");
  EXPECT_EQ(env.at("CARGO_TARGET_DIR"), "/target");  // ours, whatever the cell says
  EXPECT_EQ(env.at("RUSTC_WRAPPER"), "");
  EXPECT_EQ(env.at("QUICK"), "1");
  EXPECT_EQ(env.at("CC_s390x_unknown_linux_gnu"), "s390x-linux-gnu-gcc");
  EXPECT_THAT(env, Not(Contains(Key("HOME"))));
  EXPECT_THAT(env, Not(Contains(Key("RUSTC_BOOTSTRAP"))));
  EXPECT_THAT(env, Not(Contains(Key("RUSTFLAGS"))));
  EXPECT_THAT(env, Not(Contains(Key("CARGO_ENCODED_RUSTFLAGS"))));  // no flags: cargo's own business
  EXPECT_THAT(env, Not(Contains(Key("CARGO_INCREMENTAL"))));
}

// With an empty RUSTC_WRAPPER cargo keeps no .rustc_info.json and asks rustc the same in every call.
TEST(Command, WrapperIsSwitchedOffOnlyWhereThereMayBeOne) {
  auto in = input();
  in.project = ProjectConfig();
  EXPECT_THAT(compile_command(Stage::check, in).env, Not(Contains(Key(testing::EndsWith("_WRAPPER")))));
  in.project->rustc_wrapper = "sccache";
  EXPECT_EQ(compile_command(Stage::check, in).env.at("RUSTC_WRAPPER"), "");
  EXPECT_EQ(compile_command(Stage::check, in).env.at("RUSTC_WORKSPACE_WRAPPER"), "");
}

TEST(Command, ProfileSettingsAreTyped) {
  auto in = input();
  in.settings.profile.settings = {{"opt-level", "2"}, {"lto", "thin"}, {"overflow-checks", "true"}};
  auto build = compile_command(Stage::build, in).argv;
  EXPECT_THAT(build, Contains("profile.dev.opt-level=2"));
  EXPECT_THAT(build, Contains("profile.dev.lto=\"thin\""));
  EXPECT_THAT(build, Contains("profile.dev.overflow-checks=true"));
  EXPECT_THAT(build, Not(Contains("profile.test.opt-level=2")));
  EXPECT_THAT(compile_command(Stage::test_no_run, in).argv, Contains("profile.test.opt-level=2"));
}

TEST(Command, UnitsAndTargetFlagsOfTheScope) {
  auto in = input();
  in.settings.scope = {"-p", "demo", "--lib", "--test=it", "--offline"};
  in.settings.units = {"lib", "test:other", "examples"};
  auto argv = compile_command(Stage::test_no_run, in).argv;
  EXPECT_THAT(argv, ElementsAre("/usr/bin/cargo", "test", "--no-run", "--message-format=json", "--lib",
                                "--test", "it", "--test", "other", "--examples", "--target", kS390x,
                                "--offline", "-p", "demo"));
  in.settings.scope.clear();
  in.settings.units = {"all"};
  EXPECT_THAT(compile_command(Stage::build, in).argv, Contains("--all-targets"));
  in.settings.units = {"doctests"};
  EXPECT_THAT(compile_command(Stage::build, in).argv, Contains("--lib"));
}

TEST(Command, RestOfATestBuild) {
  auto in = input();
  in.settings.scope = {"--workspace"};
  UnitResult lib, example, bench;
  lib.verdict = example.verdict = bench.verdict = Verdict::cancelled;
  lib.kind = "lib";
  lib.harness = true;
  example.kind = "example";
  example.target = "ex";
  bench.kind = "bench";
  bench.target = "be";
  auto commands = remaining_test_commands(in, {lib, lib, example});
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_THAT(commands[0].argv, ElementsAre("/usr/bin/cargo", "build", "--tests", "--examples", "--profile",
                                            "test", "--keep-going", "--message-format=json", "--target",
                                            kS390x, "--offline", "--workspace"));
  EXPECT_THAT(remaining_test_commands(in, {UnitResult{}}), IsEmpty());  // it passed
  in.settings.profile.name = "release";
  in.settings.units = {"lib", "examples", "benches"};
  example.harness = true;  // cargo test --examples compiles them with --test, cargo build does not
  commands = remaining_test_commands(in, {lib, example, bench});
  ASSERT_EQ(commands.size(), 3u);
  EXPECT_THAT(commands[0].argv, testing::AllOf(Contains("--tests"), Contains("--bench"), Contains("be"),
                                               Contains("release"), Not(Contains("test"))));
  EXPECT_THAT(commands[1].argv,
              testing::AllOf(Contains("test"), Contains("--no-run"), Contains("--example"), Contains("ex")));
  EXPECT_THAT(commands[2].argv, testing::AllOf(Contains("test"), Contains("--lib")));
}

TEST(Command, FlagsStandBehindTheProjects) {
  auto in = input();
  in.settings.rustflags.values = {"-C", "target-cpu=z14"};
  in.settings.lints = "cap";
  in.project.emplace();
  in.project->build_rustflags = {"--cfg", "p"};
  in.cfg = {"unix"};
  auto env = compile_command(Stage::build, in).env;
  EXPECT_EQ(env.at("CARGO_ENCODED_RUSTFLAGS"), "--cfg\x1fp\x1f-C\x1ftarget-cpu=z14\x1f--cap-lints\x1fwarn");
  EXPECT_EQ(env.at("CARGO_ENCODED_RUSTDOCFLAGS"), "-C\x1ftarget-cpu=z14\x1f--cap-lints\x1fwarn");
  in.project->targets["cfg(unix)"].rustflags = {"-g"};
  env = compile_command(Stage::build, in).env;
  EXPECT_THAT(env.at("CARGO_ENCODED_RUSTFLAGS"), testing::StartsWith("-g\x1f-C"));
  in.settings.rustflags.replace = true;
  in.settings.lints = "deny";
  env = compile_command(Stage::build, in).env;
  EXPECT_EQ(env.at("CARGO_ENCODED_RUSTFLAGS"), "-C\x1ftarget-cpu=z14\x1f-D\x1fwarnings");
  in.settings.rustflags = {{}, true};
  in.settings.lints = "as-is";
  EXPECT_EQ(compile_command(Stage::build, in).env.at("CARGO_ENCODED_RUSTFLAGS"), "");
}

TEST(Command, FlagsInTheCellsEnvironmentReplaceConfiguration) {
  auto in = input();
  in.settings.env = {{"RUSTFLAGS", "-A  warnings"}};
  EXPECT_EQ(compile_command(Stage::build, in).env.at("RUSTFLAGS"), "-A  warnings");
  in.settings.rustflags.values = {"-g"};
  in.project.emplace();
  in.project->build_rustflags = {"--cfg", "p"};
  auto env = compile_command(Stage::build, in).env;
  EXPECT_EQ(env.at("CARGO_ENCODED_RUSTFLAGS"), "-A\x1fwarnings\x1f-g");
  EXPECT_THAT(env, Not(Contains(Key("RUSTFLAGS"))));
}

TEST(Command, WithoutTheProjectsConfigurationItIsSaid) {
  auto in = input();
  EXPECT_THAT(compile_command(Stage::build, in).notes, IsEmpty());
  in.settings.lints = "cap";
  EXPECT_THAT(compile_command(Stage::build, in).notes, ElementsAre(HasSubstr("could not be read")));
}

TEST(RustdocFlags, OnlyWhatRustdocTakes) {
  EXPECT_THAT(rustdoc_subset({"-C", "target-cpu=z14", "-Ctarget-feature=+x", "-lfoo", "-O", "--cfg=a",
                              "--cfg", "b", "-g", "-L", "/x", "--emit=asm", "-Dwarnings"}),
              ElementsAre("-C", "target-cpu=z14", "-Ctarget-feature=+x", "--cfg=a", "--cfg", "b", "-L", "/x",
                          "-Dwarnings"));
}

TEST(Command, Planning) {
  auto in = input();
  in.triples = {kS390x, kHost};
  auto graph = unit_graph_command(Stage::test_no_run, in);
  EXPECT_THAT(graph.argv,
              ElementsAre("/usr/bin/cargo", "test", "--no-run", "--unit-graph", "-Z", "unstable-options",
                          "--target", kS390x, "--target", kHost, "--offline"));
  EXPECT_EQ(graph.env.at("RUSTC_BOOTSTRAP"), "1");
  EXPECT_THAT(config_command(in).argv,
              ElementsAre("/usr/bin/cargo", "config", "get", "--format", "json", "-Z", "unstable-options"));
  auto metadata = metadata_command(in, kS390x);
  EXPECT_THAT(metadata.argv, ElementsAre("/usr/bin/cargo", "metadata", "--format-version", "1",
                                         "--filter-platform", kS390x, "--offline"));
  EXPECT_THAT(metadata.env, Not(Contains(Key("RUSTC_BOOTSTRAP"))));
}

TEST(Command, MetadataWithTheFeaturesOfTheScope) {
  auto in = input();
  in.settings.scope = {"-p", "demo", "--no-default-features", "--features", "a,b", "--features=c", "--lib"};
  EXPECT_THAT(metadata_with_features_command(in, "").argv,
              ElementsAre("/usr/bin/cargo", "metadata", "--format-version", "1", "--offline",
                          "--no-default-features", "--features", "a,b", "--features=c"));
}

// What changes the graph reaches the commands that read it; flags of builds do not.
TEST(Command, GlobalArgumentsReachEveryCommand) {
  auto in = input();
  in.settings.cargo_args = {
      "--config", "patch.crates-io.a.path='b'", "--verbose", "-Zx", "--config=net.retry=0", "-Z", "y"};
  const std::vector<std::string> global{
      "--config", "patch.crates-io.a.path='b'", "-Zx", "--config=net.retry=0", "-Z", "y"};
  EXPECT_EQ(global_arguments(in.settings.cargo_args), global);
  EXPECT_TRUE(global_arguments({"--verbose", "--config"}).size() == 1);
  for (const auto& command : {metadata_command(in, kS390x), config_command(in)}) {
    ASSERT_GT(command.argv.size(), global.size());
    EXPECT_EQ(
        std::vector<std::string>(command.argv.end() - static_cast<long>(global.size()), command.argv.end()),
        global);
  }
}

TEST(Command, Doctests) {
  auto in = input();
  in.settings.scope = {"-p", "demo", "--lib"};
  in.runner = {"qemu-s390x", "-L", "/usr/s390x-linux-gnu"};
  auto command = doctest_command(in, {"--test-threads=1"});
  EXPECT_THAT(command.argv, ElementsAre("/usr/bin/cargo", "test", "--doc", "--no-fail-fast", "--target",
                                        kS390x, "--offline", "-p", "demo", "--", "--test-threads=1"));
  EXPECT_EQ(command.env.at("CARGO_TARGET_S390X_UNKNOWN_LINUX_GNU_RUNNER"),
            "qemu-s390x -L /usr/s390x-linux-gnu");
  in.runner = {"/opt/my runner/qemu"};
  command = doctest_command(in, {});
  EXPECT_THAT(command.argv, Contains("target.s390x-unknown-linux-gnu.runner=[\"/opt/my runner/qemu\"]"));
  EXPECT_THAT(command.env, Not(Contains(Key("CARGO_TARGET_S390X_UNKNOWN_LINUX_GNU_RUNNER"))));
}

TEST(Command, Names) {
  EXPECT_EQ(target_variable("thumbv8m.main-none-eabi", "LINKER"),
            "CARGO_TARGET_THUMBV8M_MAIN_NONE_EABI_LINKER");
  EXPECT_EQ(profile_directory("dev"), "debug");
  EXPECT_EQ(profile_directory("test"), "debug");
  EXPECT_EQ(profile_directory("bench"), "release");
  EXPECT_EQ(profile_directory("fast"), "fast");
}

}  // namespace
}  // namespace tripled::cargo
