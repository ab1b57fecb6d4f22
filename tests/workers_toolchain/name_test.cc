#include <gtest/gtest.h>

#include "workers/toolchain/rust_src_fix.h"
#include "workers/toolchain/toolchain_name.h"

namespace tripled::toolchain::test {
namespace {

using Kind = ToolchainName::Kind;

TEST(ToolchainNames, AreToldApart) {
  EXPECT_EQ(parse_toolchain_name("stable").kind, Kind::channel);
  EXPECT_EQ(parse_toolchain_name("nightly-2026-08-20").kind, Kind::dated);
  EXPECT_EQ(parse_toolchain_name("nightly-2026-08-20").date, "2026-08-20");
  EXPECT_EQ(parse_toolchain_name("1.85").kind, Kind::version);
  EXPECT_FALSE(parse_toolchain_name("1.85").with_patch);
  EXPECT_TRUE(parse_toolchain_name("1.85.0").with_patch);
  EXPECT_EQ(parse_toolchain_name("system").kind, Kind::system);
  EXPECT_EQ(parse_toolchain_name("msrv").kind, Kind::msrv);
  EXPECT_EQ(parse_toolchain_name("/opt/rust").kind, Kind::path);
  EXPECT_EQ(parse_toolchain_name("./rust").kind, Kind::path);
  for (const char* other :
       {"stable-x86_64-unknown-linux-gnu", "stabel", "1", "1.", "1.85.x", "nightly-2026", ""})
    EXPECT_EQ(parse_toolchain_name(other).kind, Kind::other) << other;
}

TEST(ToolchainNames, VersionsCompareByNumber) {
  EXPECT_LT(parse_version("1.9.0"), parse_version("1.10"));
  EXPECT_EQ(parse_version("1.98.0-nightly"), parse_version("1.98"));
  EXPECT_FALSE(parse_version("stable"));
  EXPECT_FALSE(parse_version("1.85rc"));
}

TEST(ToolchainNames, AnswerToReleases) {
  auto minor = parse_toolchain_name("1.85");
  EXPECT_TRUE(answers_to(minor, "1.85.1", "stable"));
  EXPECT_FALSE(answers_to(minor, "1.85.0-nightly", "nightly"));
  EXPECT_FALSE(answers_to(minor, "1.8.5", "stable"));
  EXPECT_FALSE(answers_to(parse_toolchain_name("1.85.0"), "1.85.1", "stable"));
  EXPECT_TRUE(answers_to(parse_toolchain_name("beta"), "1.86.0-beta.3", "beta"));
  EXPECT_FALSE(answers_to(parse_toolchain_name("nightly-2026-08-20"), "1.98.0-nightly", "nightly"));
}

TEST(VerboseVersions, AreRead) {
  auto debian = parse_verbose_version(
      "rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)\nbinary: rustc\n"
      "commit-hash: ac68faa20c58cbccd01ee7208bf3b6e93a7d7f96\ncommit-date: 2026-05-25\n"
      "host: x86_64-unknown-linux-gnu\nrelease: 1.96.0\nLLVM version: 22.1.8\n");
  ASSERT_TRUE(debian);
  EXPECT_EQ(debian->commit, "ac68faa20c58cbccd01ee7208bf3b6e93a7d7f96");
  EXPECT_EQ(debian->commit_date, "2026-05-25");
  EXPECT_EQ(debian->channel, "stable");
  auto local = parse_verbose_version(
      "rustc 1.98.0-dev\ncommit-hash: unknown\nhost: riscv64gc-unknown-linux-gnu\n"
      "release: 1.98.0-dev\n");
  ASSERT_TRUE(local);
  EXPECT_EQ(local->commit, "");
  EXPECT_EQ(local->channel, "dev");
  EXPECT_FALSE(parse_verbose_version("error: toolchain 'stable' is not installed\n"));
  EXPECT_FALSE(parse_verbose_version("rustc 1.2.3\n"));
}

TEST(DebianPackages, OfTheSourceFollowTheCompilers) {
  EXPECT_EQ(debian_source_package("rustc"), "rust-src");
  EXPECT_EQ(debian_source_package("rustc-web"), "rust-web-src");
  EXPECT_EQ(debian_source_package("rustc-1.85"), "rust-1.85-src");
  EXPECT_EQ(debian_source_package("coreutils"), "");
}

}  // namespace
}  // namespace tripled::toolchain::test
