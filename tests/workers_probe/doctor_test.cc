#include "workers/probe/doctor.h"

#include <gtest/gtest.h>

#include "config/catalogue/catalogue.h"
#include "schema/wire/json.h"
#include "tests/workers_probe/support.h"

namespace tripled::test {
namespace {

#define NEED_TOOLCHAIN() \
  if (!toolchain().error.empty()) GTEST_SKIP() << toolchain().error

std::vector<CatalogueEntry> entries(const std::vector<std::string>& triples) {
  std::vector<CatalogueEntry> out;
  for (const auto& triple : triples) out.push_back(config::Catalogue::builtin().entry_or_default(triple));
  return out;
}

TEST(Doctor, SaysWhatEachTripleCanDoAndWhyNot) {
  NEED_TOOLCHAIN();
  Bench bench;
  DoctorQuestion question;
  question.triples = entries({toolchain().host, "powerpc64le-unknown-linux-gnu", "x86_64-unknown-freebsd",
                              "thumbv7em-none-eabi", "no-such-triple"});
  auto report = probe::examine(question, toolchain(), {toolchain()}, {}, bench.context());
  auto shown = wire::pretty(wire::to_json(report));
  ASSERT_EQ(report.rows.size(), 5u);
  const auto& host = report.rows[0];
  EXPECT_EQ(host.std_state, StdState::shipped) << shown;
  for (const auto* ability : {&host.check, &host.build, &host.test_no_run, &host.execute_native})
    EXPECT_TRUE(ability->ok) << shown;
  const auto& ppc = report.rows[1];
  EXPECT_EQ(ppc.std_state, StdState::buildable) << shown;
  EXPECT_TRUE(ppc.check.ok);
  EXPECT_NE(ppc.check.reason.find("built from rust-src"), std::string::npos) << shown;
  EXPECT_TRUE(ppc.build.ok && ppc.test_no_run.ok && ppc.execute_emulated.ok) << shown;
  EXPECT_FALSE(ppc.execute_native.ok);
  const auto& bsd = report.rows[2];
  EXPECT_TRUE(bsd.check.ok) << shown;
  EXPECT_FALSE(bsd.build.ok) << shown;
  for (const auto* ability : {&bsd.build, &bsd.test_no_run, &bsd.execute_emulated}) {
    EXPECT_FALSE(ability->reason.empty()) << shown;
    EXPECT_FALSE(ability->fix.empty()) << shown;
  }
  const auto& thumb = report.rows[3];
  EXPECT_TRUE(thumb.check.ok) << shown;
  EXPECT_FALSE(thumb.test_no_run.ok) << shown;
  EXPECT_FALSE(report.rows[4].check.ok) << shown;
  EXPECT_NE(report.rows[4].check.reason.find("does not know"), std::string::npos) << shown;
  EXPECT_GT(report.free_bytes, 0u);
  EXPECT_EQ(report.tools.count("cc"), 1u);
  EXPECT_TRUE(report.toolchain.triples.empty());

  DoctorReport back;
  ASSERT_TRUE(wire::from_json(wire::parse(shown).value(), back));
  EXPECT_EQ(wire::pretty(wire::to_json(back)), shown);
}

TEST(Targets, AreLookedUpWithoutRunningAnything) {
  NEED_TOOLCHAIN();
  Bench bench;
  auto context = bench.context();
  context.shim.executable = "/nonexistent";  // nothing can be run
  context.ensure_std = [](const toolchain::StdRequest&) -> toolchain::StdResult {
    ADD_FAILURE() << "a std was asked for";
    return {};
  };
  auto rows =
      probe::survey(entries({toolchain().host, kS390x, "x86_64-unknown-freebsd"}), toolchain(), {}, context);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].linker, "cc");
  EXPECT_EQ(rows[0].runner, "native");
  EXPECT_EQ(rows[1].linker, "s390x-linux-gnu-gcc");
  EXPECT_EQ(rows[1].runner, "qemu-s390x");
  EXPECT_TRUE(rows[1].execute.ok);
  EXPECT_FALSE(rows[2].build.ok);
  EXPECT_FALSE(rows[2].execute.ok);

  bench.only_programs({"cc"});
  rows = probe::survey(entries({kS390x}), toolchain(), {}, bench.context());
  EXPECT_EQ(rows[0].build.reason, "linker `s390x-linux-gnu-gcc` not found");
  EXPECT_EQ(rows[0].build.fix, "apt-get install gcc-s390x-linux-gnu libc6-dev-s390x-cross");
}

}  // namespace
}  // namespace tripled::test
