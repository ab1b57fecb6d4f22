// Finding toolchains in a made-up machine: rustup's home, proxies of every kind, plain ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/workers_toolchain/support.h"
#include "workers/toolchain/discover.h"

namespace tripled::toolchain::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Machine : public testing::Test {
 protected:
  void SetUp() override {
    write(root_ / "cargo/bin/rustup", "#!rustup", true);
    fs::create_symlink("rustup", root_ / "cargo/bin/rustc");
    fs::create_symlink("rustup", root_ / "cargo/bin/cargo");
    for (const char* name : {"stable-x86_64-unknown-linux-gnu", "nightly-2026-08-20-x86_64-unknown-linux-gnu",
                             "1.70.0-x86_64-unknown-linux-gnu"})
      toolchain(root_ / "rustup/toolchains" / name);
    toolchain(root_ / "opt");
    surroundings_.path = (root_ / "cargo/bin").string() + ":relative:" + (root_ / "opt/bin").string();
    surroundings_.home = root_.path();
    surroundings_.cargo_home = root_ / "cargo";
    surroundings_.rustup_home = root_ / "rustup";
  }
  void toolchain(const fs::path& directory) {
    for (const char* program : {"rustc", "rustdoc", "cargo"}) write(directory / "bin" / program, "", true);
  }
  // Every rustc tells of itself what its directory's name says.
  RunTool told() {
    return [this](const ToolCommand& command) -> Result<ToolOutput> {
      ++runs_;
      ToolOutput output;
      output.exit_code = 0;
      const auto& program = command.argv[0];
      auto release = program.find("nightly") != std::string::npos ? "1.98.0-nightly"
                     : program.find("1.70") != std::string::npos  ? "1.70.0"
                     : program.find("/opt/") != std::string::npos ? "1.96.1"
                                                                  : "1.95.0";
      if (command.argv[1] == "-vV")
        output.out =
            std::string("rustc ") + release + "\nhost: x86_64-unknown-linux-gnu\nrelease: " + release + "\n";
      else if (command.argv[1] == "-V")
        output.out = "cargo 1.0.0\n";
      else
        output.out = fs::path(program).parent_path().parent_path().string() + "\n";
      return output;
    };
  }
  ScratchDir root_;
  Surroundings surroundings_;
  int runs_ = 0;
};

TEST_F(Machine, ProxiesAreSeenAsLinkHardLinkAndCopy) {
  EXPECT_TRUE(is_rustup_proxy(root_ / "cargo/bin/rustc"));
  fs::create_hard_link(root_ / "cargo/bin/rustup", root_ / "cargo/bin/rustdoc");
  EXPECT_TRUE(is_rustup_proxy(root_ / "cargo/bin/rustdoc"));
  fs::copy_file(root_ / "cargo/bin/rustup", root_ / "cargo/bin/rustfmt");
  EXPECT_TRUE(is_rustup_proxy(root_ / "cargo/bin/rustfmt"));
  EXPECT_FALSE(is_rustup_proxy(root_ / "opt/bin/rustc"));
  EXPECT_EQ(program_on_path(surroundings_, "rustc"), root_ / "opt/bin/rustc");
  EXPECT_FALSE(toolchain_at(root_ / "cargo/bin"));
}

TEST_F(Machine, NamesFindDirectoriesVersionsAndPaths) {
  ToolchainFinder finder(surroundings_, told());
  auto path = [&](const std::string& name) {
    auto facts = finder.find(name);
    return facts.error.empty() ? fs::path(facts.rustc).lexically_relative(root_.path()).string()
                               : facts.error;
  };
  EXPECT_EQ(path("stable"), "rustup/toolchains/stable-x86_64-unknown-linux-gnu/bin/rustc");
  EXPECT_EQ(path("stable-x86_64-unknown-linux-gnu"),
            "rustup/toolchains/stable-x86_64-unknown-linux-gnu/bin/rustc");
  EXPECT_EQ(path("nightly-2026-08-20"),
            "rustup/toolchains/nightly-2026-08-20-x86_64-unknown-linux-gnu/bin/rustc");
  EXPECT_EQ(path("1.70"), "rustup/toolchains/1.70.0-x86_64-unknown-linux-gnu/bin/rustc");
  EXPECT_EQ(path("1.95"), "rustup/toolchains/stable-x86_64-unknown-linux-gnu/bin/rustc");
  EXPECT_EQ(path("1.96"), "opt/bin/rustc");
  EXPECT_EQ(path("system"), "opt/bin/rustc");
  EXPECT_EQ(path((root_ / "opt").string()), "opt/bin/rustc");
  // A dated nightly is no `nightly`, and no other patch release will do.
  EXPECT_THAT(path("nightly"), HasSubstr("rustup toolchain install nightly "));
  EXPECT_THAT(path("1.96.0"), HasSubstr("system (rustc 1.96.1"));
  EXPECT_THAT(path("stabel"), HasSubstr("A name, a version, a channel or a path is wanted"));
  EXPECT_THAT(path((root_ / "nowhere").string()), HasSubstr("there is no such path"));
  EXPECT_THAT(path("msrv"), HasSubstr("directory is not known"));
}

TEST_F(Machine, MsrvIsTheProjectsRustVersion) {
  write(root_ / "project/Cargo.toml", "[package]\nrust-version = \"1.70\"\n");
  ToolchainFinder finder(surroundings_, told());
  auto facts = finder.find("msrv", root_ / "project");
  EXPECT_EQ(facts.version, "1.70.0") << facts.error;
  EXPECT_EQ(facts.name, "msrv");
}

TEST_F(Machine, EachRustcIsAskedOnce) {
  ToolchainFinder finder(surroundings_, told());
  finder.find("stable");
  auto runs = runs_;
  EXPECT_EQ(runs, 3);  // -vV, sysroot, cargo -V
  finder.find("stable");
  EXPECT_EQ(runs_, runs);
}

TEST_F(Machine, ARustcThatDoesNotRunIsAnErrorOfItsOwn) {
  ToolchainFinder finder(surroundings_, [](const ToolCommand&) -> Result<ToolOutput> {
    ToolOutput output;
    output.exit_code = 1;
    output.err = "librustc_driver.so: cannot open shared object file\nmore\n";
    return output;
  });
  auto facts = finder.find("stable");
  EXPECT_THAT(facts.error, HasSubstr("cannot open shared object file"));
  EXPECT_EQ(facts.rustc, "");
}

}  // namespace
}  // namespace tripled::toolchain::test
