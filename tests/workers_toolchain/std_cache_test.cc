// The cache's promises, with a cargo that is only a function: built once, whole, bounded, known by content.
#include "workers/toolchain/std_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/workers_toolchain/support.h"

namespace tripled::toolchain::test {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class StdCacheTest : public testing::Test {
 protected:
  StdCacheTest() : toolchain_(fake_toolchain(root_ / "rust")) {}
  std::unique_ptr<StdCache> cache(StdCacheOptions options = {}) {
    return std::make_unique<StdCache>(root_ / "std", options, no_surroundings(), cargo_.tool());
  }
  ScratchDir root_;
  ToolchainFacts toolchain_;
  FakeCargo cargo_;
};

TEST_F(StdCacheTest, KeepsMetadataToCheckAndLibrariesToLink) {
  auto check = cache()->obtain(toolchain_, kForeign, StdMode::check).value();
  ASSERT_EQ(check.failure.message, "");
  EXPECT_TRUE(check.built_now);
  EXPECT_GT(check.cpu_ms, 0);
  EXPECT_TRUE(fs::exists(fs::path(check.entry.dir) / "lib/libcore-17.rmeta"));
  EXPECT_FALSE(fs::exists(fs::path(check.entry.dir) / "lib/libcore-17.rlib"));
  EXPECT_FALSE(fs::exists(fs::path(check.entry.dir) / "lib/libtripled_std-17.rmeta"));
  auto full = cache()->obtain(toolchain_, kForeign, StdMode::full).value();
  EXPECT_TRUE(fs::exists(fs::path(full.entry.dir) / "lib/liballoc-17.rlib"));
  EXPECT_FALSE(fs::exists(fs::path(full.entry.dir) / "lib/liballoc-17.rmeta"));
  EXPECT_NE(check.entry.dir, full.entry.dir);
  EXPECT_EQ(cargo_.builds, 2);
  EXPECT_TRUE(fs::is_empty(root_ / "std/building"));
}

TEST_F(StdCacheTest, CallsTheRealToolsInAnEnvironmentOfItsOwn) {
  ASSERT_TRUE(cache()->obtain(toolchain_, kForeign, StdMode::full));
  ASSERT_EQ(cargo_.commands.size(), 1u);
  const auto& command = cargo_.commands[0];
  EXPECT_EQ(command.argv[0], toolchain_.cargo);
  EXPECT_EQ(command.env.at("RUSTC"), toolchain_.rustc);
  EXPECT_EQ(command.env.at("RUSTC_BOOTSTRAP"), "1");
  EXPECT_EQ(command.env.at("CARGO_ENCODED_RUSTFLAGS"), "-Cembed-bitcode=yes");
  EXPECT_THAT(command.argv, Contains("-Zbuild-std=std,panic_abort,panic_unwind,test,proc_macro"));
  EXPECT_THAT(command.argv, Contains("--offline"));
  for (const auto& [name, value] : command.env)
    EXPECT_TRUE(name == "PATH" || name == "HOME" || name.starts_with("CARGO_") || name.starts_with("RUSTC"))
        << name;
}

TEST_F(StdCacheTest, PanicAbortIsCompiledToAbort) {
  std::string manifest;
  cargo_.halfway = [&](const fs::path& target_dir) {
    manifest = slurp(target_dir.parent_path() / "package/Cargo.toml");
  };
  ASSERT_TRUE(cache()->obtain(toolchain_, kForeign, StdMode::check));
  EXPECT_THAT(manifest, HasSubstr("[profile.release.package.panic_abort]\nrustflags = [\"-Cpanic=abort\"]"));
  ASSERT_TRUE(cache()->obtain(toolchain_, kBare, StdMode::core));
  EXPECT_THAT(manifest, Not(HasSubstr("panic_abort"))) << "cargo warns of packages that are not there";
}

TEST_F(StdCacheTest, AFullOneServesToCheck) {
  auto full = cache()->obtain(toolchain_, kForeign, StdMode::full).value();
  auto check = cache()->obtain(toolchain_, kForeign, StdMode::check).value();
  EXPECT_EQ(check.entry.dir, full.entry.dir);
  EXPECT_FALSE(check.built_now);
  EXPECT_EQ(check.build_ms, 0);
  EXPECT_EQ(cargo_.builds, 1);
}

TEST_F(StdCacheTest, ThreadsThatWantTheSameBuildItOnce) {
  auto shared = cache();
  auto other = cache();  // another object, as another process would have
  std::vector<std::string> hashes(4);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < hashes.size(); ++i)
      threads.emplace_back([&, i] {
        auto got = (i % 2 ? other : shared)->obtain(toolchain_, kForeign, StdMode::full);
        if (got) hashes[i] = got.value().entry.hash;
      });
  }
  EXPECT_EQ(cargo_.builds, 1);
  EXPECT_NE(hashes[0], "");
  for (const auto& hash : hashes) EXPECT_EQ(hash, hashes[0]);
}

TEST_F(StdCacheTest, ABuildThatStopsHalfwayLeavesNothing) {
  cargo_.halfway = [](const fs::path&) { throw std::runtime_error("power cut"); };
  EXPECT_THROW((void)cache()->obtain(toolchain_, kForeign, StdMode::full), std::runtime_error);
  EXPECT_TRUE(cache()->list().empty());
  cargo_.halfway = nullptr;
  auto whole = cache()->obtain(toolchain_, kForeign, StdMode::full).value();
  EXPECT_TRUE(whole.built_now);
  EXPECT_TRUE(fs::exists(fs::path(whole.entry.dir) / "lib/liballoc-17.rlib"));
}

TEST_F(StdCacheTest, AReplacedStdHasAnotherIdentityAndAnIdleOneTheSame) {
  auto first = cache()->obtain(toolchain_, kForeign, StdMode::full).value();
  first.hold.reset();
  auto again = cache()->obtain(toolchain_, kForeign, StdMode::full).value();
  EXPECT_EQ(again.entry.hash, first.entry.hash);
  EXPECT_TRUE(cache()->hold(first.entry.dir, first.entry.hash));
  write(fs::path(first.entry.dir) / "lib/libcore-17.rlib", "somebody else's core");
  auto replaced = cache()->obtain(toolchain_, kForeign, StdMode::full).value();
  EXPECT_FALSE(replaced.built_now);
  EXPECT_NE(replaced.entry.hash, first.entry.hash);
  EXPECT_EQ(cache()->hold(first.entry.dir, first.entry.hash).error().kind(), ErrorKind::conflict);
  EXPECT_TRUE(cache()->hold(first.entry.dir, replaced.entry.hash));
}

TEST_F(StdCacheTest, ADamagedOneIsBuiltAgain) {
  auto first = cache()->obtain(toolchain_, kForeign, StdMode::full).value();
  first.hold.reset();
  fs::remove(fs::path(first.entry.dir) / "lib/libcore-17.rlib");
  auto second = cache()->obtain(toolchain_, kForeign, StdMode::full).value();
  EXPECT_TRUE(second.built_now);
  EXPECT_EQ(second.entry.hash, first.entry.hash) << "the same content is the same std";
  second.hold.reset();
  write(fs::path(first.entry.dir) / "lib/libcore-17.rlib", "");  // what a power cut can leave
  EXPECT_TRUE(cache()->obtain(toolchain_, kForeign, StdMode::full).value().built_now);
  EXPECT_EQ(cargo_.builds, 3);
}

TEST_F(StdCacheTest, AnotherSourceOrRustcMakesAnotherStd) {
  auto first = cache()->obtain(toolchain_, kForeign, StdMode::full).value();
  write(fs::path(toolchain_.rust_src) / "core/src/lib.rs", "patched source");
  auto patched = cache()->obtain(toolchain_, kForeign, StdMode::full).value();
  EXPECT_NE(patched.entry.dir, first.entry.dir);
  toolchain_.rustc_verbose += "LLVM version: 22.1.2\n";
  auto other = cache()->obtain(toolchain_, kForeign, StdMode::full).value();
  EXPECT_NE(other.entry.rustc_id, first.entry.rustc_id);
  EXPECT_EQ(cargo_.builds, 3);
}

TEST_F(StdCacheTest, WhatWouldOnlyFailAgainIsRemembered) {
  cargo_.failing_log =
      "error[E0425]: cannot find value\n --> unix.rs:8:60\nerror: could not compile `std` (lib)\n";
  auto failed = cache()->obtain(toolchain_, kForeign, StdMode::check).value();
  EXPECT_EQ(failed.failure.kind, StdFailureKind::broken_upstream);
  EXPECT_FALSE(failed.hold);
  EXPECT_THAT(failed.log, HasSubstr("-Zbuild-std"));
  auto again = cache()->obtain(toolchain_, kForeign, StdMode::check).value();
  EXPECT_EQ(again.failure.message, failed.failure.message);
  EXPECT_EQ(again.failure.code, "E0425");
  EXPECT_EQ(again.log, failed.log);
  EXPECT_EQ(cargo_.builds, 1);
  // On request it is tried, and a success forgets the failure.
  cargo_.failing_log.clear();
  StdCacheOptions retry;
  retry.retry_failed = true;
  EXPECT_TRUE(cache(retry)->obtain(toolchain_, kForeign, StdMode::check).value().built_now);
  EXPECT_EQ(cache()->obtain(toolchain_, kForeign, StdMode::check).value().failure.kind, StdFailureKind::none);
}

TEST_F(StdCacheTest, WhatAPackageCanCureIsTriedAgain) {
  cargo_.failing_log = "error: linker `cc` not found\n";
  EXPECT_EQ(cache()->obtain(toolchain_, kForeign, StdMode::check).value().failure.kind,
            StdFailureKind::missing_tool);
  cargo_.failing_log.clear();
  EXPECT_TRUE(cache()->obtain(toolchain_, kForeign, StdMode::check).value().built_now);
}

TEST_F(StdCacheTest, ANeededToolIsMissedBeforeAnythingIsCompiled) {
  auto failed = cache()->obtain(toolchain_, "x86_64-pc-windows-gnu", StdMode::check).value();
  EXPECT_EQ(failed.failure.kind, StdFailureKind::missing_tool);
  EXPECT_EQ(failed.failure.fix, "apt-get install binutils-mingw-w64-x86-64");
  EXPECT_EQ(cargo_.builds, 0);
}

TEST_F(StdCacheTest, IsBoundedAndNeverTakesOneInUse) {
  cargo_.content = std::string(1000, 'x');  // about 2 kB each
  auto held = cache()->obtain(toolchain_, kForeign, StdMode::full).value();
  auto idle = cache()->obtain(toolchain_, kHost, StdMode::full).value();
  idle.hold.reset();
  auto listed = cache()->list();
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0].triple, kHost) << "the most recently used first";
  EXPECT_FALSE(listed[0].in_use);
  EXPECT_TRUE(listed[1].in_use);
  EXPECT_GT(listed[0].bytes, 2000u);
  EXPECT_GT(listed[0].built_at_ms, 0);
  StdCacheOptions small;
  small.max_bytes = 5000;
  auto third = cache(small)->obtain(toolchain_, kBare, StdMode::core).value();
  std::vector<std::string> left;
  for (const auto& entry : cache()->list()) left.push_back(entry.triple);
  EXPECT_THAT(left, Contains(kForeign)) << "older, but in use";
  EXPECT_THAT(left, Contains(kBare)) << "just built";
  EXPECT_THAT(left, Not(Contains(kHost)));
  held.hold.reset();
  third.hold.reset();
  EXPECT_GT(cache()->trim(0), 0u);
  EXPECT_TRUE(cache()->list().empty());
  EXPECT_FALSE(fs::exists(held.entry.dir));
}

TEST_F(StdCacheTest, WaitingCanBeCancelled) {
  StdCacheOptions options;
  options.cancelled = [] { return true; };
  auto got = cache(options)->obtain(toolchain_, kForeign, StdMode::full);
  EXPECT_EQ(got.error().kind(), ErrorKind::cancelled);
  EXPECT_EQ(cargo_.builds, 0);
}

}  // namespace
}  // namespace tripled::toolchain::test
