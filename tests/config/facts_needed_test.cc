#include <gtest/gtest.h>

#include "config/facts.h"
#include "tests/config/support.h"

namespace tripled::config {
namespace {

using testing::error_of;
using Words = std::vector<std::string>;

FactsRequest needed(const std::string& text) {
  auto matrix = parse_matrix(text, "m.yaml");
  EXPECT_TRUE(matrix) << error_of(matrix);
  return matrix ? facts_needed(*matrix) : FactsRequest{};
}
const std::string kAxes = "axes: {triple: [i686-unknown-linux-gnu, s390x-unknown-linux-gnu]}\n";

TEST(FactsNeeded, ToolchainsAsWritten) {
  EXPECT_EQ(needed("tripled: 1\n" + kAxes).toolchains, Words{"stable"});
  EXPECT_EQ(needed("tripled: 1\ntoolchains: {a: msrv}\ndefaults: {toolchain: a}\n" + kAxes).toolchains,
            Words{"msrv"});
  EXPECT_EQ(needed("tripled: 1\naxes: {triple: [a-b], toolchain: [beta, 1.70]}\n").toolchains,
            (Words{"beta", "1.70"}));
  EXPECT_EQ(
      needed("tripled: 1\naxes: {triple: [a-b], toolchain: [beta]}\ninclude: [{triple: c-d}]\n").toolchains,
      (Words{"stable", "beta"}));
  std::string path = "/" + std::string(80, 'x') + "/bin";
  EXPECT_EQ(needed("tripled: 1\ntoolchain: " + path + "\n" + kAxes).toolchains, Words{path});
}

TEST(FactsNeeded, CfgOnlyWhereItIsAsked) {
  EXPECT_TRUE(needed("tripled: 1\n" + kAxes).cfg_triples.empty());
  EXPECT_EQ(needed("tripled: 1\n" + kAxes + "rules: [{match: cfg(unix), timeout: 1m}]\n").cfg_triples,
            (Words{"i686-unknown-linux-gnu", "s390x-unknown-linux-gnu"}));
  EXPECT_EQ(needed("tripled: 1\naxes: {triple: {expr: cfg(unix)}}\n").cfg_triples, Words{"*"});
  EXPECT_TRUE(needed("tripled: 1\naxes: {triple: {expr: tier = 1}}\n").cfg_triples.empty());
  auto one = needed(
      "tripled: 1\ngroups:\n  a: {axes: {triple: [a-b]}, rules: [{match: cfg(unix), timeout: 1m}]}\n"
      "  b: {axes: {triple: [c-d]}}\n");
  EXPECT_EQ(one.cfg_triples, Words{"a-b"});
}

TEST(FactsNeeded, FlagSetsThatCanChangeCfg) {
  auto r = needed(
      "tripled: 1\nrustflags: -Dwarnings\naxes: {triple: [a-b], v: {a: {}, b: {rustflags: --cfg x}, c: "
      "{rustflags: {set: -Cpanic=abort}}}}\n"
      "rules: [{match: cfg(unix), timeout: 1m}]\n");
  EXPECT_EQ(r.flag_sets, (std::vector<Words>{{"--cfg", "x"}, {"-Cpanic=abort"}}));
}

TEST(FactsNeeded, OnlyMayAskForMore) {
  auto matrix = parse_matrix("tripled: 1\n" + kAxes, "m.yaml");
  EXPECT_TRUE(facts_needed(*matrix, "std")->cfg_triples.empty());
  EXPECT_EQ(facts_needed(*matrix, "cfg(unix)")->cfg_triples.size(), 2u);
  EXPECT_EQ(error_of(facts_needed(*matrix, "cfg(")).substr(0, 11), "--only:1:5:");
}

TEST(FactsNeeded, EachAsksForThePackages) {
  EXPECT_FALSE(needed("tripled: 1\n" + kAxes).packages);
  EXPECT_TRUE(needed("tripled: 1\nfeatures: each\n" + kAxes).packages);
  EXPECT_TRUE(needed("tripled: 1\naxes: {triple: [a-b], packages: [each, workspace]}\n").packages);
}

TEST(FactsNeeded, FlagsOfLintsAndLinkersCannotChangeCfg) {
  EXPECT_EQ(
      cfg_flags({"-D", "warnings", "-Wunused", "--cap-lints=warn", "-C", "link-arg=-s", "-Clinker=cc", "-g"}),
      Words{});
  EXPECT_EQ(cfg_flags({"-C", "target-feature=+crt-static", "--cfg", "-Dodd", "-Zsanitizer=address"}),
            (Words{"-C", "target-feature=+crt-static", "--cfg", "-Dodd", "-Zsanitizer=address"}));
  EXPECT_EQ(cfg_flags({"--cap-lints", "warn", "-Ctarget-cpu=native"}), Words{"-Ctarget-cpu=native"});
}

}  // namespace
}  // namespace tripled::config
