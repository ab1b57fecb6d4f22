#include "workers/cargo/test_env.h"

#include <gmock/gmock.h>

#include "schema/base/text.h"
#include "tests/workers_cargo/support.h"

namespace tripled::cargo {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using testing::Not;

Metadata metadata() {
  auto parsed = parse_metadata(data("environment.96.metadata.json"));
  EXPECT_TRUE(parsed) << parsed.error().message();
  return parsed ? *parsed : Metadata{};
}

// Every variable that cargo gave to the same test, recorded from inside it: `KEY=value` a line, \n escaped.
std::map<std::string, std::string> seen_by_the_test() {
  std::map<std::string, std::string> out;
  for (const auto& line : split(data("environment.96.env.txt"), '\n'))
    if (auto equals = line.find('='); equals != std::string::npos)
      out[line.substr(0, equals)] = replace_all(line.substr(equals + 1), "\\n", "\n");
  return out;
}

TEST(TestEnvironment, IsWhatCargoGives) {
  auto facts = metadata();
  auto messages = messages_of("environment.96");
  TestEnvInput input;
  input.metadata = &facts;
  input.messages = &messages;
  input.cargo = "/usr/bin/cargo";
  input.target_dir = "/target";
  input.triple = kHost;
  input.profile_dir = "debug";
  input.rustlib = "/view/lib/rustlib/x86_64-unknown-linux-gnu/lib";
  input.manifests["/src/sub/Cargo.toml"] =
      "[package]\nname = \"te-sub\"\n[[test]]\nname = \"penv\"\nharness = false\n";
  auto executables = test_executables(input);
  const Executable* penv = nullptr;
  for (const auto& executable : executables) {
    if (executable.target == "penv") penv = &executable;
    if (executable.kind == "lib") {
      EXPECT_THAT(executable.env, Not(Contains(Key("CARGO_BIN_EXE_my-tool"))));
    }
  }
  ASSERT_NE(penv, nullptr);
  EXPECT_FALSE(penv->libtest);
  EXPECT_FALSE(penv->host);
  EXPECT_EQ(penv->manifest_dir, "/src/sub");
  auto seen = seen_by_the_test();
  EXPECT_GT(seen.size(), 20u);
  EXPECT_THAT(penv->env, testing::ContainerEq(seen));
  input.libtest_like = {"penv"};
  for (const auto& executable : test_executables(input)) EXPECT_TRUE(executable.libtest);
}

TEST(TestEnvironment, HostExecutableOfAForeignCell) {
  auto messages = messages_of("clean-test.96", kS390x);
  TestEnvInput input;
  input.messages = &messages;
  input.target_dir = "/target";
  input.triple = kS390x;
  input.profile_dir = "debug";
  input.rustlib = "/view/s390x";
  input.rustlib_host = "/view/host";
  auto executables = test_executables(input);
  EXPECT_EQ(executables.size(), 4u);
  for (const auto& executable : executables) {
    EXPECT_EQ(executable.host, executable.package == "mac");
    EXPECT_EQ(
        executable.env.at("LD_LIBRARY_PATH"),
        executable.host
            ? "/target/debug:/target/debug/deps:/view/host"
            : "/target/s390x-unknown-linux-gnu/debug:/target/s390x-unknown-linux-gnu/debug/deps:/view/s390x");
    if (executable.kind == "test") {
      EXPECT_THAT(executable.env, Contains(Key("CARGO_BIN_EXE_clean")));
    }
    if (executable.package == "clean") {
      EXPECT_EQ(executable.env.at("CLEAN_X"), "hello");
    }
    EXPECT_EQ(executable.env.at("CARGO_PKG_VERSION_MINOR"), "1");
  }
}

TEST(Metadata, PackagesAndTargets) {
  auto facts = metadata();
  EXPECT_EQ(facts.workspace_root, "/src");
  const auto* package = facts.find("te-sub", "1.2.3-beta.4");
  ASSERT_NE(package, nullptr);
  EXPECT_EQ(package->manifest_path, "/src/sub/Cargo.toml");
  EXPECT_THAT(package->authors, ElementsAre("A B <a@b>", "C"));
  bool found = false;
  for (const auto& target : package->targets)
    if (target.name == "te_sub" && target.kind == "lib" && target.doctest) found = true;
  EXPECT_TRUE(found);
  EXPECT_EQ(facts.find("te-sub", "9.9.9"), nullptr);
  EXPECT_FALSE(parse_metadata("error: no manifest"));
}

TEST(ManifestScan, HarnessOff) {
  auto off = targets_without_harness(R"(
[package]
name = "my-crate"   # harness = false
description = "[[test]] harness = false"
[lib]
harness = false
[[test]]
name = "on"
[[test]] # comment
path = "t/off.rs"
name = 'off'
harness=false
[[bench]]
harness = false
name = "criterion"
[dependencies]
harness = "1"
)");
  std::vector<std::string> words;
  for (const auto& target : off) words.push_back(target.kind + ":" + target.name);
  EXPECT_THAT(words, ElementsAre("lib:my_crate", "test:off", "bench:criterion"));
  off = targets_without_harness(
      "test = [\n  { name = \"a\", harness = false },\n  { name = \"b\" },\n]\n[package]\nname = \"p\"\n");
  ASSERT_EQ(off.size(), 1u);
  EXPECT_EQ(off[0].name, "a");
  EXPECT_THAT(targets_without_harness(""), IsEmpty());
  EXPECT_THAT(targets_without_harness("[["), IsEmpty());
}

}  // namespace
}  // namespace tripled::cargo
