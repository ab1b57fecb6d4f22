// Which std a triple gets, and when it cannot have one, why.
#include "workers/toolchain/ensure_std.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/workers_toolchain/support.h"

namespace tripled::toolchain::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class EnsureStd : public testing::Test {
 protected:
  EnsureStd() : toolchain_(fake_toolchain(root_ / "rust")) { write(root_ / "wrapper", "program", true); }
  StdOptions options() {
    StdOptions out;
    out.cache = root_ / "cache";
    out.wrapper = root_ / "wrapper";
    return out;
  }
  StdResult ensure(const std::string& triple, StdMode mode = StdMode::full,
                   const std::string& policy = "auto", std::vector<std::string> extra = {}) {
    StdProvider provider(options(), no_surroundings(), cargo_.tool());
    return provider.ensure({toolchain_, triple, mode, policy, extra});
  }
  fs::path link(const StdResult& std, const std::string& triple) {
    std::error_code ec;
    return fs::read_symlink(fs::path(std.view) / "lib/rustlib" / triple, ec);
  }
  ScratchDir root_;
  ToolchainFacts toolchain_;
  FakeCargo cargo_;
};

TEST_F(EnsureStd, ShippedIsTakenAsItIs) {
  auto std = ensure(kHost);
  ASSERT_EQ(std.error, "");
  EXPECT_EQ(std.source, StdSource::shipped);
  EXPECT_EQ(std.dir, "");
  EXPECT_EQ(std.build_ms, 0);
  EXPECT_EQ(cargo_.builds, 0);
  auto before = std.hash;
  write(root_ / ("rust/lib/rustlib/" + std::string(kHost) + "/lib/libcore-1.rlib"),
        "an update of the package");
  EXPECT_NE(ensure(kHost).hash, before);
}

TEST_F(EnsureStd, WhatIsNotShippedIsBuiltOnce) {
  auto std = ensure(kForeign, StdMode::check);
  ASSERT_EQ(std.error, "");
  EXPECT_EQ(std.source, StdSource::built);
  EXPECT_EQ(std.mode, StdMode::check);
  EXPECT_EQ(link(std, kForeign), std.dir);
  EXPECT_GT(std.build_ms, 0);
  EXPECT_THAT(std.log, HasSubstr("-Zbuild-std=std"));
  auto again = ensure(kForeign, StdMode::check);
  EXPECT_EQ(again.build_ms, 0);
  EXPECT_EQ(again.hash, std.hash);
  EXPECT_EQ(cargo_.builds, 1);
}

TEST_F(EnsureStd, FromCheckToFullIsAnotherIdentityAndTheOldUseFailsToResume) {
  auto check = ensure(kForeign, StdMode::check);
  check.use.reset();
  auto full = ensure(kForeign, StdMode::full);
  EXPECT_EQ(full.view, check.view);
  EXPECT_EQ(link(full, kForeign), full.dir);
  EXPECT_NE(full.dir, check.dir);
  StdProvider provider(options(), no_surroundings(), cargo_.tool());
  EXPECT_EQ(provider.reuse(check.view, kForeign, check.dir, check.hash).error().kind(), ErrorKind::conflict);
  EXPECT_TRUE(provider.reuse(full.view, kForeign, full.dir, full.hash));
  auto host = ensure(kHost);
  EXPECT_TRUE(provider.reuse(host.view, kHost, host.dir, host.hash));
  EXPECT_FALSE(provider.reuse(host.view, kHost, host.dir, "another"));
}

TEST_F(EnsureStd, PoliciesAndTriplesWithoutStdGetCore) {
  EXPECT_EQ(ensure(kBare, StdMode::check).mode, StdMode::core);
  auto core = ensure(kForeign, StdMode::full, "core");
  EXPECT_EQ(core.mode, StdMode::core);
  EXPECT_NE(core.view, ensure(kForeign, StdMode::full).view);
  auto host = ensure(kHost, StdMode::full, "core");
  EXPECT_EQ(host.source, StdSource::shipped);
  EXPECT_THAT(host.notes, testing::Contains(HasSubstr("does not apply to the host")));
}

TEST_F(EnsureStd, BuildTakesTheOwnOneEvenForTheHostAndAlwaysWhole) {
  fs::create_directories(root_ / ("rust/lib/rustlib/" + std::string(kHost) + "/bin"));
  auto std = ensure(kHost, StdMode::check, "build");
  ASSERT_EQ(std.error, "");
  EXPECT_EQ(std.source, StdSource::built);
  EXPECT_EQ(std.mode, StdMode::full);
  EXPECT_EQ(link(std, kHost), std.dir);
  EXPECT_TRUE(fs::exists(fs::path(std.dir) / "bin")) << "the linker that rustup ships beside the std";
  // Other cells of this toolchain still see the shipped one.
  EXPECT_EQ(link(ensure(kForeign), kHost), root_ / ("rust/lib/rustlib/" + std::string(kHost)));
}

TEST_F(EnsureStd, ExtraTriplesAreInTheSameView) {
  auto std = ensure(kHost, StdMode::full, "auto", {kForeign});
  ASSERT_EQ(std.error, "");
  EXPECT_EQ(std.source, StdSource::shipped);
  EXPECT_TRUE(fs::exists(link(std, kForeign) / "lib/libcore-17.rlib"));
  EXPECT_EQ(std.use->stds.size(), 1u);
  auto unknown = ensure(kHost, StdMode::full, "auto", {"no-such-triple"});
  EXPECT_THAT(unknown.error, HasSubstr("extra-std: rustc 1.96.0 does not know the triple no-such-triple"));
  EXPECT_EQ(unknown.source, StdSource::none);
}

TEST_F(EnsureStd, WithoutSourceTheFixNamesWhatToInstall) {
  toolchain_.rust_src.clear();
  auto std = ensure(kForeign);
  EXPECT_EQ(std.failure, StdFailureKind::no_rust_src);
  EXPECT_THAT(std.error, HasSubstr("ships no std for s390x-unknown-linux-gnu"));
  EXPECT_NE(std.fix, "");
  EXPECT_EQ(std.view, "");
}

TEST_F(EnsureStd, AFailingBuildIsItsResult) {
  cargo_.failing_log = "error[E0425]: cannot find value\nerror: could not compile `std` (lib)\n";
  auto std = ensure(kForeign, StdMode::check);
  EXPECT_EQ(std.source, StdSource::none);
  EXPECT_EQ(std.failure, StdFailureKind::broken_upstream);
  EXPECT_THAT(std.error, HasSubstr("E0425"));
  EXPECT_THAT(std.log, HasSubstr("could not compile `std`"));
}

class WithRustup : public EnsureStd {
 protected:
  WithRustup() {
    toolchain_ = fake_toolchain(toolchain_dir);
    for (auto& triple : toolchain_.triples) triple.tier = 2;
    write(root_ / "bin/rustup", "", true);
  }
  StdResult ensure(bool allowed, const std::string& policy = "auto") {
    auto with = options();
    with.rustup_target_add = allowed;
    Surroundings surroundings{(root_ / "bin").string(), root_.path(), root_ / "cargo", root_ / "rustup"};
    auto build = cargo_.tool();
    RunTool tool = [&](const ToolCommand& command) -> Result<ToolOutput> {
      if (fs::path(command.argv[0]).filename() != "rustup") return build(command);
      asked.push_back(command.argv);
      if (reachable) write(toolchain_dir / "lib/rustlib" / kForeign / "lib/libcore-2.rlib", "shipped");
      ToolOutput output;
      output.exit_code = reachable ? 0 : 1;
      return output;
    };
    return StdProvider(with, surroundings, tool).ensure({toolchain_, kForeign, StdMode::full, policy, {}});
  }

  const fs::path toolchain_dir = root_ / "rustup/toolchains/stable-x86_64-unknown-linux-gnu";
  std::vector<std::vector<std::string>> asked;
  bool reachable = true;
};

TEST_F(WithRustup, TargetIsAddedWhereThatIsAllowed) {
  EXPECT_EQ(ensure(false).source, StdSource::built);
  EXPECT_TRUE(asked.empty());
}

TEST_F(WithRustup, WhatIsAddedIsShipped) {
  auto std = ensure(true);
  EXPECT_EQ(std.source, StdSource::shipped);
  EXPECT_EQ(std.dir, "");
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_THAT(asked[0], testing::ElementsAre((root_ / "bin/rustup").string(), "target", "add", "--toolchain",
                                             "stable-x86_64-unknown-linux-gnu", kForeign));
  EXPECT_EQ(ensure(true).source, StdSource::shipped);
  EXPECT_EQ(asked.size(), 1u);  // it is there now
}

TEST_F(WithRustup, WithoutANetworkItIsBuiltAndNotAskedForAgain) {
  reachable = false;
  auto std = ensure(true);
  EXPECT_EQ(std.source, StdSource::built);
  ASSERT_FALSE(std.notes.empty());
  EXPECT_THAT(std.notes[0], testing::HasSubstr("rustup target add"));
  EXPECT_EQ(ensure(true).source, StdSource::built);
  EXPECT_EQ(asked.size(), 1u);
}

TEST_F(WithRustup, IsLeftAloneByBuildAndForTier3) {
  EXPECT_EQ(ensure(true, "build").source, StdSource::built);
  for (auto& triple : toolchain_.triples) triple.tier = 3;
  EXPECT_EQ(ensure(true).source, StdSource::built);
  EXPECT_TRUE(asked.empty());
}

}  // namespace
}  // namespace tripled::toolchain::test
