// Views over a toolchain that is only files.
#include "workers/toolchain/view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/workers_toolchain/support.h"

namespace tripled::toolchain::test {
namespace {

namespace fs = std::filesystem;

class ViewTest : public testing::Test {
 protected:
  ViewTest() : toolchain_(fake_toolchain(root_ / "rust")) {
    write(root_ / "wrapper", "program", true);
    for (const char* std : {"a", "b"}) write(root_ / std / "lib/libcore.rlib", std);
  }
  Result<View> open(const std::string& triple, const std::string& std, const std::string& variant = "auto",
                    const std::string& host_hash = "h") {
    return open_view({toolchain_, host_hash, variant, {{triple, (root_ / std).string()}}}, root_ / "cache",
                     root_ / "wrapper");
  }
  fs::path link(const View& view, const std::string& triple) {
    std::error_code ec;
    return fs::read_symlink(view.dir / "lib/rustlib" / triple, ec);
  }
  ScratchDir root_;
  ToolchainFacts toolchain_;
};

TEST_F(ViewTest, JoinsWhatIsShippedAndWhatIsBuilt) {
  auto view = open(kForeign, "a").value();
  EXPECT_EQ(link(view, kForeign), root_ / "a");
  EXPECT_EQ(link(view, kHost), root_ / ("rust/lib/rustlib/" + std::string(kHost)));
  EXPECT_EQ(link(view, "src"), root_ / "rust/lib/rustlib/src");
  EXPECT_EQ(slurp(view.rustc), "program");
  EXPECT_EQ(slurp(view.rustdoc), "program");
  EXPECT_EQ(slurp(view.dir / "wrapper.conf"), "rustc=" + toolchain_.rustc +
                                                  "\nrustdoc=" + toolchain_.rustdoc +
                                                  "\nsysroot=" + view.dir.string() + "\n");
}

TEST_F(ViewTest, StaysWhereItIsWhenATripleIsAdded) {
  auto first = open(kForeign, "a").value();
  auto second = open(kBare, "b").value();
  EXPECT_EQ(first.dir, second.dir);
  EXPECT_EQ(link(first, kForeign), root_ / "a");
  EXPECT_EQ(link(first, kBare), root_ / "b");
}

TEST_F(ViewTest, AStdInUseIsNotPulledAwayFromUnderItsJobs) {
  auto first = open(kForeign, "a").value();
  auto same = open(kForeign, "a").value();
  EXPECT_EQ(same.dir, first.dir);
  auto other = open(kForeign, "b").value();
  EXPECT_NE(other.dir, first.dir);
  EXPECT_EQ(link(first, kForeign), root_ / "a");
  EXPECT_EQ(link(other, kForeign), root_ / "b");
}

TEST_F(ViewTest, AnIdleStdIsReplacedInPlaceAndTheOldUserIsTold) {
  auto first = open(kForeign, "a").value();
  std::map<std::string, std::string> old{{kForeign, (root_ / "a").string()}};
  EXPECT_TRUE(hold_view(first.dir, old));
  first.hold.reset();
  auto second = open(kForeign, "b").value();
  EXPECT_EQ(second.dir, first.dir);
  EXPECT_EQ(link(second, kForeign), root_ / "b");
  EXPECT_EQ(hold_view(first.dir, old).error().kind(), ErrorKind::conflict);
}

TEST_F(ViewTest, OtherCompilersHostStdsAndVariantsAreOtherViews) {
  auto first = open(kForeign, "a").value();
  EXPECT_NE(open(kForeign, "a", "core").value().dir, first.dir);
  EXPECT_NE(open(kForeign, "a", "auto", "another host std").value().dir, first.dir);
  toolchain_.rustc_verbose += "x";
  EXPECT_NE(open(kForeign, "a").value().dir, first.dir);
}

TEST_F(ViewTest, WhatSomebodyDeletedIsPutBack) {
  auto first = open(kForeign, "a").value();
  fs::remove(first.rustc);
  fs::remove(first.dir / "lib/rustlib" / kForeign);
  first.hold.reset();
  auto second = open(kForeign, "a").value();
  EXPECT_EQ(slurp(second.rustc), "program");
  EXPECT_EQ(link(second, kForeign), root_ / "a");
}

TEST_F(ViewTest, ThreadsMakeOneView) {
  std::vector<std::string> dirs(6);
  std::vector<std::shared_ptr<std::vector<FileLock>>> holds(6);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < dirs.size(); ++i)
      threads.emplace_back([&, i] {
        auto view = open(i % 2 ? kForeign : kBare, "a");
        if (!view) return;
        dirs[i] = view.value().dir;
        holds[i] = view.value().hold;
      });
  }
  for (const auto& dir : dirs) EXPECT_EQ(dir, dirs[0]);
  EXPECT_NE(dirs[0], "");
}

TEST_F(ViewTest, WithoutItsProgramThereIsNone) {
  auto view = open_view({toolchain_, "h", "auto", {}}, root_ / "cache", root_ / "no-wrapper");
  EXPECT_EQ(view.error().kind(), ErrorKind::tool);
}

}  // namespace
}  // namespace tripled::toolchain::test
