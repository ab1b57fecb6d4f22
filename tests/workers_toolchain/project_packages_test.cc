// The project's packages, from cargo itself, without a trace in the project.
#include "workers/toolchain/project_packages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/workers_toolchain/support.h"
#include "workers/toolchain/discover.h"

namespace tripled::toolchain::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names_in(const std::filesystem::path& dir) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(dir))
    out.push_back(entry.path().filename().string());
  std::sort(out.begin(), out.end());
  return out;
}

FactsAnswer system_cargo() {
  FactsAnswer answer;
  ToolchainFinder finder(Surroundings::of_this_process(), real_tools());
  answer.toolchains = {finder.find("no-such-toolchain"), finder.find("system")};
  return answer;
}

TEST(ProjectPackages, AreListedWithoutWritingALockFile) {
  auto answer = system_cargo();
  if (answer.toolchains[1].cargo.empty()) GTEST_SKIP() << answer.toolchains[1].error;
  ScratchDir dir;
  write(dir / "Cargo.toml",
        "[workspace]\nresolver = \"2\"\nmembers = [\"b\", \"a\"]\ndefault-members = [\"a\"]\n");
  write(dir / "a/Cargo.toml",
        "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[features]\nx = []\ndefault = "
        "[\"x\"]\n[dependencies]\nserde = {version = \"1\", optional = true}\n");
  write(dir / "b/Cargo.toml", "[package]\nname = \"b\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
  write(dir / "a/src/lib.rs", "");
  write(dir / "b/src/lib.rs", "");
  FactsRequest request;
  request.project_dir = dir.path();
  add_packages(request, Surroundings::of_this_process(), real_tools(), answer);
  ASSERT_TRUE(answer.packages) << answer.packages_error;
  ASSERT_EQ(answer.packages->size(), 2u);
  EXPECT_EQ(answer.packages->at(0).name, "a");
  EXPECT_THAT(answer.packages->at(0).features, ElementsAre("default", "serde", "x"));
  EXPECT_TRUE(answer.packages->at(0).default_member);
  EXPECT_EQ(answer.packages->at(1).name, "b");
  EXPECT_THAT(names_in(dir.path()), ElementsAre("Cargo.toml", "a", "b"));
}

TEST(ProjectPackages, SayWhatCargoSays) {
  auto answer = system_cargo();
  if (answer.toolchains[1].cargo.empty()) GTEST_SKIP() << answer.toolchains[1].error;
  ScratchDir dir;
  write(dir / "Cargo.toml", "[package]\nname = \"a\"\nversion = \"one\"\n");
  FactsRequest request;
  request.project_dir = dir.path();
  add_packages(request, Surroundings::of_this_process(), real_tools(), answer);
  EXPECT_FALSE(answer.packages);
  EXPECT_THAT(answer.packages_error, HasSubstr("`cargo metadata`: error:"));
}

}  // namespace
}  // namespace tripled::toolchain::test
