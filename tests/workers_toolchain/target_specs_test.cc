#include "workers/toolchain/target_specs.h"

#include <gtest/gtest.h>

namespace tripled::toolchain::test {
namespace {

// From rustc 1.96, shortened.
constexpr const char* kSpecs = R"json({
"thumbv7em-none-eabi": {"arch": "arm", "data-layout": "e-m:e-p:32:32", "linker-flavor": "gnu-lld", "target-pointer-width": 32,
  "metadata": {"description": "Bare ARMv7E-M", "host_tools": false, "std": false, "tier": 2}},
"s390x-unknown-linux-gnu": {"arch": "s390x", "data-layout": "E-S64-m:e", "env": "gnu", "linker-flavor": "gnu-cc", "os": "linux",
  "metadata": {"description": "S390x Linux (kernel 3.2, glibc 2.17)", "host_tools": true, "std": true, "tier": 2},
  "target-endian": "big", "target-pointer-width": "64"},
"new-unknown-os": {"arch": "x", "os": "new", "target-pointer-width": "64", "metadata": {"std": null, "tier": null}}})json";

TEST(TargetSpecs, BecomeFacts) {
  auto parsed = parse_target_specs(kSpecs);
  ASSERT_TRUE(parsed);
  const auto& all = parsed.value();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].triple, "new-unknown-os");
  EXPECT_FALSE(all[0].tier);
  EXPECT_TRUE(all[0].std) << "not said, and it has an operating system";
  const auto& big = all[1];
  EXPECT_EQ(big.endian, "big");
  EXPECT_EQ(big.pointer_width, 64);
  EXPECT_EQ(big.tier, 2);
  EXPECT_TRUE(big.std && big.host_tools);
  EXPECT_EQ(big.description, "S390x Linux (kernel 3.2, glibc 2.17)");
  const auto& bare = all[2];
  EXPECT_EQ(bare.endian, "little");
  EXPECT_EQ(bare.os, "none");
  EXPECT_EQ(bare.pointer_width, 32);
  EXPECT_FALSE(bare.std);
}

TEST(TargetSpecs, ThatAreNoneAreErrors) {
  EXPECT_FALSE(parse_target_specs("error: unknown print request"));
  EXPECT_FALSE(parse_target_specs("{}"));
  EXPECT_FALSE(parse_target_specs("[1]"));
}

TEST(TargetSpecs, OldRustcsGiveNamesAndCfgTheRest) {
  auto list = triples_from_list("x86_64-unknown-linux-gnu\ni686-unknown-linux-gnu\n\n");
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].triple, "i686-unknown-linux-gnu");
  fill_from_cfg(list[0], {"unix", "target_arch=\"x86\"", "target_os=\"linux\"", "target_endian=\"little\"",
                          "target_env=\"gnu\"", "target_pointer_width=\"32\""});
  EXPECT_EQ(list[0].arch, "x86");
  EXPECT_EQ(list[0].env, "gnu");
  EXPECT_EQ(list[0].pointer_width, 32);
  EXPECT_TRUE(list[0].std);
}

}  // namespace
}  // namespace tripled::toolchain::test
