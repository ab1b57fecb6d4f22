// How runners are chosen, with C programs, so that no std has to be built.
#include <gtest/gtest.h>

#include <filesystem>

#include "schema/base/file.h"
#include "tests/workers_probe/support.h"
#include "workers/exec/capture.h"
#include "workers/probe/preflight.h"
#include "workers/probe/qemu_runner.h"
#include "workers/workdir/git.h"

namespace tripled::test {
namespace {

namespace fs = std::filesystem;

#define NEED_TOOLCHAIN() \
  if (!toolchain().error.empty()) GTEST_SKIP() << toolchain().error

SetupResult c_probe(Bench& bench, const SetupSpec& spec, bool both_ways = false) {
  auto probed = probe::probe_cached(spec, {}, probe::ProbeLanguage::c, both_ways, bench.context());
  EXPECT_TRUE(probed.result.link.ok) << probed.result.link.reason << "\n" << probed.log;
  return probed.result;
}

TEST(Runner, QemuThatDoesNotKnowTheFirstCpuGetsTheNext) {
  NEED_TOOLCHAIN();
  Bench bench;
  auto spec = spec_for("riscv64gc-unknown-linux-gnu", true, true);
  spec.catalogue.cpus = {"no-such-model", "max", "rv64"};
  auto result = c_probe(bench, spec);
  ASSERT_TRUE(result.run_emulated.ok) << result.run_emulated.reason;
  EXPECT_TRUE(has_note(result, "does not take -cpu no-such-model")) << testing::PrintToString(result.notes);
  // QEMU 7.2 refuses `max` as well, newer ones take it.
  bool old = result.runner.version.rfind("7.", 0) == 0;
  EXPECT_NE(std::find(result.runner.command.begin(), result.runner.command.end(), old ? "rv64" : "max"),
            result.runner.command.end())
      << testing::PrintToString(result.runner.command);

  spec.catalogue.cpus = {"no-such-model"};
  auto none = c_probe(bench, spec);
  EXPECT_TRUE(none.run_emulated.ok);
  EXPECT_EQ(std::count(none.runner.command.begin(), none.runner.command.end(), "-cpu"), 0);
}

TEST(Runner, CpuOfTheMatrixIsNotReplaced) {
  NEED_TOOLCHAIN();
  Bench bench;
  auto spec = spec_for("riscv64gc-unknown-linux-gnu", true, true);
  spec.settings.qemu.cpu = "no-such-model";
  auto result = c_probe(bench, spec);
  EXPECT_FALSE(result.run_emulated.ok);
  EXPECT_NE(result.run_emulated.reason.find("does not take -cpu no-such-model"), std::string::npos)
      << result.run_emulated.reason;
  EXPECT_NE(result.run_emulated.fix.find("-cpu help"), std::string::npos);
  EXPECT_EQ(result.runner.kind, RunnerKind::none);
}

TEST(Runner, QemuVersionOfTheMatrixIsChecked) {
  NEED_TOOLCHAIN();
  Bench bench;
  auto spec = spec_for(kS390x, true, true);
  spec.settings.qemu.version = "1.0";
  auto result = c_probe(bench, spec);
  EXPECT_FALSE(result.run_emulated.ok);
  EXPECT_NE(result.run_emulated.reason.find("asks for QEMU 1.0"), std::string::npos)
      << result.run_emulated.reason;
  EXPECT_EQ(probe::qemu_version("qemu-s390x version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\nCopyright"),
            "7.2.22");
  EXPECT_TRUE(probe::version_fits("8.2.1", "8.2"));
  EXPECT_FALSE(probe::version_fits("8.20.1", "8.2"));
  EXPECT_FALSE(probe::version_fits("8", "8.2"));
}

TEST(Runner, I686SaysWhichWayItTook) {
  NEED_TOOLCHAIN();
  auto spec = spec_for("i686-unknown-linux-gnu", true, true);
  if (!probe::may_run_natively(spec)) GTEST_SKIP() << "this machine's kernel is not one for i686 programs";
  Bench bench;
  auto result = c_probe(bench, spec, true);
  EXPECT_TRUE(result.run_native.ok) << result.run_native.reason;
  EXPECT_TRUE(result.run_emulated.ok) << result.run_emulated.reason;
  EXPECT_EQ(result.runner.kind, RunnerKind::native);
  if (fs::exists("/lib/ld-linux.so.2")) {
    EXPECT_EQ(result.runner.name, "native");
    EXPECT_TRUE(has_note(result, "runs natively, started directly"));
  } else {
    EXPECT_EQ(result.runner.name, "ld-linux.so.2");
    EXPECT_TRUE(has_note(result, "the loader /lib/ld-linux.so.2 is not on this machine"))
        << testing::PrintToString(result.notes);
    EXPECT_TRUE(has_note(result, "apt-get install libc6-i386")) << testing::PrintToString(result.notes);
  }
  spec.settings.run = "emulated";
  auto emulated = c_probe(bench, spec);
  EXPECT_EQ(emulated.runner.kind, RunnerKind::emulated);
  EXPECT_EQ(emulated.runner.name, "qemu-i386");
  EXPECT_FALSE(emulated.run_native.ok);
}

TEST(Runner, MissingQemuHasReasonAndFix) {
  NEED_TOOLCHAIN();
  Bench bench;
  bench.only_programs({"s390x-linux-gnu-gcc", "as", "ld"});
  auto result = c_probe(bench, spec_for(kS390x, true, true));
  EXPECT_FALSE(result.run_emulated.ok);
  EXPECT_EQ(result.run_emulated.reason, "runner `qemu-s390x` not found");
  EXPECT_EQ(result.run_emulated.fix, "apt-get install qemu-user");
  EXPECT_EQ(result.runner.kind, RunnerKind::none);
}

TEST(Runner, MissingSysrootHasReasonAndFix) {
  NEED_TOOLCHAIN();
  Bench bench;
  auto spec = spec_for(kS390x, true, true);
  spec.catalogue.sysroots = {"/nonexistent"};
  auto result = c_probe(bench, spec);
  EXPECT_FALSE(result.run_emulated.ok);
  EXPECT_NE(result.run_emulated.reason.find("finds no libc"), std::string::npos)
      << result.run_emulated.reason;
  EXPECT_EQ(result.run_emulated.fix, "apt-get install libc6-dev-s390x-cross");
}

TEST(Runner, WishesOfTheMatrixAreRespected) {
  NEED_TOOLCHAIN();
  Bench bench;
  auto spec = spec_for(kS390x, true, true);
  spec.settings.run = "native";
  auto native = c_probe(bench, spec);
  EXPECT_EQ(native.runner.kind, RunnerKind::none);
  EXPECT_FALSE(native.run_native.ok);
  EXPECT_NE(native.run_native.reason.find("does not run s390x"), std::string::npos)
      << native.run_native.reason;
  spec.settings.run = "no";
  EXPECT_EQ(c_probe(bench, spec).runner.kind, RunnerKind::none);

  spec.settings.run = "any";
  spec.settings.runner =
      RunnerSetting{"mine", RunnerKind::emulated, {"qemu-s390x", "-L", "/usr/s390x-linux-gnu"}};
  auto own = c_probe(bench, spec);
  EXPECT_EQ(own.runner.name, "mine");
  EXPECT_EQ(own.runner.kind, RunnerKind::emulated);
  EXPECT_EQ(own.runner.command.size(), 3u);
  spec.settings.runner->command = {"no-such-runner"};
  auto missing = c_probe(bench, spec);
  EXPECT_EQ(missing.run_emulated.reason, "runner `no-such-runner` not found (the matrix)");
  EXPECT_EQ(missing.runner.kind, RunnerKind::none);
  // A runner that answers with something else than the program's own output is none.
  spec.settings.runner->command = {"true"};
  auto useless = c_probe(bench, spec);
  EXPECT_FALSE(useless.run_emulated.ok);
}

TEST(Runner, ProjectsOwnRunnerComesBeforeTheCatalogue) {
  NEED_TOOLCHAIN();
  Bench bench;
  auto project = bench.dir() / "project";
  fs::create_directories(project / ".cargo");
  ASSERT_TRUE(
      write_file_atomically(project / ".cargo/config.toml",
                            "[target.s390x-unknown-linux-gnu]\n"
                            "runner = [\"qemu-s390x\", \"-L\", \"/usr/s390x-linux-gnu\", \"-cpu\", \"max\"]\n"
                            "[build]\nrustflags = [\"--cfg\", \"theirs\"]\n"));
  auto spec = spec_for(kS390x, true, true);
  spec.source_dir = project;
  auto result = c_probe(bench, spec);
  EXPECT_EQ(result.runner.kind, RunnerKind::emulated) << result.run_emulated.reason;
  EXPECT_EQ(result.runner.command.size(), 5u);
  EXPECT_TRUE(has_note(result, "names the runner `qemu-s390x -L")) << testing::PrintToString(result.notes);
  EXPECT_TRUE(has_note(result, "rustflags: --cfg theirs")) << testing::PrintToString(result.notes);
}

}  // namespace
}  // namespace tripled::test
