// set_up() on the real tools of this machine.
#include <gtest/gtest.h>

#include <filesystem>

#include "schema/base/file.h"
#include "tests/workers_probe/support.h"
#include "workers/exec/capture.h"
#include "workers/probe/chosen_tools.h"
#include "workers/probe/cpu_flags.h"
#include "workers/probe/shell.h"

namespace tripled::test {
namespace {

#define NEED_TOOLCHAIN() \
  if (!toolchain().error.empty()) GTEST_SKIP() << toolchain().error

TEST(SetUp, HostLinksAndRunsNatively) {
  NEED_TOOLCHAIN();
  Bench bench;
  auto up = bench.set_up(spec_for(toolchain().host, true, true));
  EXPECT_TRUE(up.result.check.ok) << text(up);
  EXPECT_TRUE(up.result.link.ok) << text(up);
  EXPECT_TRUE(up.result.run_native.ok) << text(up);
  EXPECT_EQ(up.result.runner.kind, RunnerKind::native);
  EXPECT_TRUE(up.result.runner.command.empty());
  EXPECT_TRUE(up.result.env.empty()) << text(up);  // cargo's defaults are right
  EXPECT_FALSE(up.result.versions["linker"].empty());
}

TEST(SetUp, S390xLinksAndRunsUnderQemu) {
  NEED_TOOLCHAIN();
  Bench bench;
  auto spec = spec_for(kS390x, true, true);
  auto up = bench.set_up(spec);
  EXPECT_TRUE(up.result.check.ok) << text(up);
  EXPECT_TRUE(up.result.link.ok) << text(up);
  EXPECT_FALSE(up.result.run_native.ok);
  EXPECT_NE(up.result.run_native.reason.find("does not run s390x"), std::string::npos) << text(up);
  EXPECT_TRUE(up.result.run_emulated.ok) << text(up);
  EXPECT_EQ(up.result.runner.kind, RunnerKind::emulated);
  EXPECT_EQ(up.result.runner.name, "qemu-s390x");
  EXPECT_FALSE(up.result.runner.version.empty());
  EXPECT_EQ(up.result.env["CARGO_TARGET_S390X_UNKNOWN_LINUX_GNU_LINKER"], "s390x-linux-gnu-gcc");
  EXPECT_EQ(up.result.env["CC_s390x_unknown_linux_gnu"], "s390x-linux-gnu-gcc");
  EXPECT_EQ(up.result.env["QEMU_LD_PREFIX"], "/usr/s390x-linux-gnu");
  EXPECT_TRUE(has_note(up.result, "vfork-spawn")) << text(up);

  // Nothing changed: nothing is probed again, and the answer is the same.
  auto again = bench.set_up(spec);
  EXPECT_NE(again.log.find("probed earlier"), std::string::npos) << again.log;
  EXPECT_EQ(again.result.runner.command, up.result.runner.command);
  EXPECT_EQ(again.result.env, up.result.env);
  EXPECT_EQ(again.result.notes, up.result.notes);
}

TEST(SetUp, MissingLinkerHasReasonAndFix) {
  NEED_TOOLCHAIN();
  Bench bench;
  bench.only_programs({"cc", "as", "ld", "qemu-s390x"});
  auto up = bench.set_up(spec_for(kS390x, true, true));
  EXPECT_TRUE(up.result.check.ok) << text(up);
  EXPECT_FALSE(up.result.link.ok);
  EXPECT_EQ(up.result.link.reason, "linker `s390x-linux-gnu-gcc` not found");
  EXPECT_EQ(up.result.link.fix, "apt-get install gcc-s390x-linux-gnu libc6-dev-s390x-cross");
  EXPECT_FALSE(up.result.run_emulated.ok);
  EXPECT_EQ(up.result.runner.kind, RunnerKind::none);
  // A failure is not remembered.
  bench.environment["PATH"] += ":" + Bench().environment["PATH"];
  EXPECT_TRUE(bench.set_up(spec_for(kS390x, true, false)).result.link.ok);
}

TEST(SetUp, LinkerForAnotherMachineIsFound) {
  NEED_TOOLCHAIN();
  Bench bench;
  auto spec = spec_for(kS390x, true, true);
  spec.settings.linker = "cc";
  auto up = bench.set_up(spec);
  EXPECT_FALSE(up.result.link.ok) << text(up);
  EXPECT_NE(up.result.link.reason.find("another machine"), std::string::npos) << text(up);
  EXPECT_NE(up.result.link.fix.find("linker: s390x-linux-gnu-gcc"), std::string::npos) << text(up);
}

// A linker that succeeds, with a program for the wrong machine.
TEST(SetUp, MachineOfTheLinkedProgramIsChecked) {
  NEED_TOOLCHAIN();
  Bench bench;
  auto fake = bench.dir() / "fake-linker";
  ASSERT_TRUE(
      write_file_atomically(fake,
                            "#!/bin/sh\nwhile [ $# -gt 0 ]; do\n  [ \"$1\" = -o ] && cp /proc/self/exe "
                            "\"$2\"\n  shift\ndone\n"));
  std::filesystem::permissions(fake, std::filesystem::perms::owner_all);
  auto spec = spec_for(kS390x, true, false);
  spec.settings.linker = fake;
  auto up = bench.set_up(spec);
  EXPECT_FALSE(up.result.link.ok) << text(up);
  EXPECT_NE(up.result.link.reason.find("expected ELF 64-bit big-endian, machine s390x (22)"),
            std::string::npos)
      << text(up);
}

TEST(SetUp, CheckAloneNeedsNoLinker) {
  NEED_TOOLCHAIN();
  Bench bench;
  bench.only_programs({});
  auto up = bench.set_up(spec_for(toolchain().host, false, false));
  EXPECT_TRUE(up.result.check.ok) << text(up);
  EXPECT_FALSE(up.result.link.ok);
  EXPECT_EQ(up.result.link.reason, "not asked for");
}

TEST(SetUp, CpuFlagsThatAreMissingLeaveCompilingAlone) {
  NEED_TOOLCHAIN();
  Bench bench;
  auto spec = spec_for(toolchain().host, true, true);
  spec.settings.required_cpu_flags = {"no-such-flag"};
  auto up = bench.set_up(spec);
  EXPECT_TRUE(up.result.link.ok) << text(up);
  EXPECT_FALSE(up.result.run_native.ok);
  EXPECT_EQ(up.result.run_native.reason,
            "the processor of this machine lacks no-such-flag (`requires: cpu-flags`)");
  EXPECT_EQ(up.result.run_native.fix, "");
  EXPECT_EQ(up.result.runner.kind, RunnerKind::none);
  // What was probed is the same for everybody: the answer without the requirement is not spoiled.
  spec.settings.required_cpu_flags.clear();
  EXPECT_TRUE(bench.set_up(spec).result.run_native.ok);
}

TEST(SetUp, CpuFlagsAreReadAsTheKernelWritesThem) {
  using probe::missing_cpu_flags;
  using Words = std::vector<std::string>;
  const char* x86 = "processor\t: 0\nflags\t\t: fpu sse4_2 avx2\nbugs\t\t: spectre_v1\n";
  EXPECT_EQ(missing_cpu_flags({"avx2", "sse4.2"}, x86), Words{});
  EXPECT_EQ(missing_cpu_flags({"avx2", "avx512f", "spectre_v1"}, x86), (Words{"avx512f", "spectre_v1"}));
  EXPECT_EQ(missing_cpu_flags({"asimd"}, "processor : 0\nFeatures : fp asimd\n"), Words{});
  EXPECT_EQ(missing_cpu_flags({"asimd"}, ""), Words{"asimd"});
}

TEST(SetUp, TargetFeaturesOfRustcAreAskedForAsTheKernelNamesThem) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(probe::kernel_flags({"sse3", "avx2", "lse", "crt-static", "rdseed", "no-such"}),
            (Words{"pni", "avx2", "atomics"}));
  const char* x86 = "processor\t: 0\nflags\t\t: fpu pni sse4_2\n";
  EXPECT_EQ(probe::missing_cpu_flags(probe::kernel_flags({"sse3", "sse4.2", "avx2"}), x86), Words{"avx2"});
}

// What is compiled for this very processor can be executed on it.
TEST(SetUp, NothingIsMissingOfTheMachinesOwnFeatures) {
  NEED_TOOLCHAIN();
  exec::CancelToken never;
  auto said = exec::capture({{toolchain().rustc, "--print", "cfg", "-C", "target-cpu=native"}, {}, "/"}, {},
                            never, exec::ShimPath::self());
  ASSERT_TRUE(said && said->succeeded());
  const auto features = probe::target_features(said->out);
  EXPECT_FALSE(features.empty());
  EXPECT_EQ(probe::missing_cpu_flags(probe::kernel_flags(features)), std::vector<std::string>());
}

TEST(SetUp, HostWithoutCcIsSaid) {
  NEED_TOOLCHAIN();
  Bench bench;
  bench.only_programs({"ld"});
  auto up = bench.set_up(spec_for(toolchain().host, true, true));
  EXPECT_FALSE(up.result.link.ok);
  EXPECT_EQ(up.result.link.reason, "linker `cc` not found");
  EXPECT_EQ(up.result.link.fix, "apt-get install gcc libc6-dev");
}

TEST(SetUp, WithoutStdNothingElseIsTried) {
  Bench bench;
  auto context = bench.context();
  context.ensure_std = [](const toolchain::StdRequest& request) {
    EXPECT_EQ(request.mode, toolchain::StdMode::full);
    toolchain::StdResult result;
    result.error = "no source";
    result.fix = "rustup component add rust-src";
    return result;
  };
  SetupSpec spec;
  spec.triple = kS390x;
  spec.needs_link = true;
  auto up = probe::set_up(spec, context);
  EXPECT_FALSE(up.result.check.ok);
  EXPECT_EQ(up.result.check.fix, "rustup component add rust-src");
  EXPECT_EQ(up.result.link.reason, "there is no std: no source");
  EXPECT_EQ(up.result.link.fix, "rustup component add rust-src");
}

TEST(SetUp, CancelledIsNotAVerdictOnTheMachine) {
  NEED_TOOLCHAIN();
  Bench bench;
  bench.cancel.cancel(true);
  auto up = bench.set_up(spec_for(toolchain().host, true, true));
  EXPECT_FALSE(up.result.link.ok);
  EXPECT_EQ(up.result.link.reason, "cancelled");
  EXPECT_EQ(up.result.runner.kind, RunnerKind::none);
}

TEST(SetUp, LinkerPrecedenceIsMatrixProjectCatalogue) {
  NEED_TOOLCHAIN();
  Bench bench;
  auto project = bench.dir() / "project";
  std::filesystem::create_directories(project / ".cargo");
  ASSERT_TRUE(write_file_atomically(project / ".cargo/config.toml",
                                    "[target.s390x-unknown-linux-gnu]\nlinker = \"no-such-linker\"\n"));
  auto spec = spec_for(kS390x, true, false);
  spec.source_dir = project;
  auto theirs = bench.set_up(spec);
  EXPECT_EQ(theirs.result.link.reason,
            "linker `no-such-linker` not found (the project's cargo configuration names it)")
      << text(theirs);
  EXPECT_EQ(theirs.result.env.count("CARGO_TARGET_S390X_UNKNOWN_LINUX_GNU_LINKER"), 0u);
  spec.settings.linker = "s390x-linux-gnu-gcc";
  auto ours = bench.set_up(spec);
  EXPECT_TRUE(ours.result.link.ok) << text(ours);
  EXPECT_TRUE(has_note(ours.result, "the matrix overrides it")) << text(ours);
  EXPECT_EQ(ours.result.env["CARGO_TARGET_S390X_UNKNOWN_LINUX_GNU_LINKER"], "s390x-linux-gnu-gcc");
}

// `sysroot:` of the matrix reaches linker and C compiler, not QEMU and pkg-config alone.
TEST(SetUp, SysrootOfTheMatrixIsWhereTheLinkerLooks) {
  NEED_TOOLCHAIN();
  Bench bench;
  auto spec = spec_for(kS390x, true, true);
  auto root = bench.dir() / "own sysroot";
  std::filesystem::create_directories(root);
  spec.settings.sysroot = root;
  // Debian's libc linker script names its parts from the root: a sysroot has them where it says.
  std::filesystem::create_directories(root / "usr");
  std::filesystem::copy(
      "/usr/s390x-linux-gnu", root / "usr/s390x-linux-gnu",
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
  std::filesystem::create_directory_symlink("usr/s390x-linux-gnu/lib", root / "lib");
  std::filesystem::create_directory_symlink("s390x-linux-gnu/lib", root / "usr/lib");
  std::filesystem::create_directory_symlink("s390x-linux-gnu/include", root / "usr/include");
  auto full = bench.set_up(spec);
  ASSERT_TRUE(full.result.link.ok) << text(full);
  EXPECT_TRUE(full.result.run_emulated.ok) << text(full);
  auto linker = full.result.env["CARGO_TARGET_S390X_UNKNOWN_LINUX_GNU_LINKER"];
  EXPECT_EQ(std::filesystem::path(linker).filename(), "s390x-linux-gnu-gcc");  // rustc infers the flavour
  EXPECT_EQ(full.result.env["CC_s390x_unknown_linux_gnu"], linker);
  auto context = bench.context();
  probe::ProbeShell shell(context);
  auto asked = shell.run({linker, "-print-sysroot"}, {}, Millis(10'000));
  EXPECT_EQ(asked.out, root.string() + "\n") << asked.err;
  EXPECT_EQ(full.result.env["QEMU_LD_PREFIX"], root);
}

// rustup ships it outside PATH, whoever names it.
TEST(SetUp, ShippedLldIsFoundByName) {
  Bench bench;
  bench.only_programs({});
  SetupSpec spec;
  spec.triple = kS390x;
  spec.toolchain.host = "x86_64-unknown-linux-gnu";
  spec.toolchain.sysroot = bench.dir() / "rust";
  auto lld = bench.dir() / "rust/lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld";
  spec.settings.linker = "rust-lld";
  auto context = bench.context();
  probe::ProbeShell shell(context);
  EXPECT_FALSE(probe::choose_tools(spec, {}, shell).linker.found());
  std::filesystem::create_directories(lld.parent_path());
  ASSERT_TRUE(write_file_atomically(lld, ""));
  auto tools = probe::choose_tools(spec, {}, shell);
  EXPECT_EQ(tools.linker.path, lld);
  EXPECT_EQ(probe::linker_word(tools), lld);
}

}  // namespace
}  // namespace tripled::test
