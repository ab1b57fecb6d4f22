#include "workers/toolchain/msrv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/workers_toolchain/support.h"

namespace tripled::toolchain::test {
namespace {

TEST(Msrv, OfAPackage) {
  ScratchDir project;
  write(project / "Cargo.toml",
        "[package]\nname = \"x\" # rust-version = \"1.1\"\nrust-version = '1.70' # floor\n");
  EXPECT_EQ(project_rust_version(project.path()).value(), "1.70");
}

TEST(Msrv, InheritedFromTheWorkspaceAbove) {
  ScratchDir project;
  write(project / "Cargo.toml",
        "[workspace]\nmembers = [\"crates/*\"]\n[workspace.package]\nrust-version = \"1.82\"\n");
  for (const char* inherit : {"rust-version.workspace = true", "rust-version = { workspace = true }"}) {
    write(project / "crates/a/Cargo.toml", std::string("[package]\nname = \"a\"\n") + inherit + "\n");
    EXPECT_EQ(project_rust_version(project / "crates/a").value(), "1.82") << inherit;
  }
  EXPECT_EQ(project_rust_version(project.path()).value(), "1.82");
}

TEST(Msrv, OfAVirtualWorkspaceIsItsHighestMembers) {
  ScratchDir project;
  write(project / "Cargo.toml",
        "[workspace]\nresolver = \"2\"\nmembers = [ # all\n  \"crates/*\",\n  \"tool\",\n]\nexclude = "
        "[\"crates/old\"]\n");
  write(project / "crates/a/Cargo.toml", "[package]\nrust-version = \"1.9\"\n");
  write(project / "crates/b/Cargo.toml", "[package]\nrust-version = \"1.80\"\n");
  write(project / "crates/old/Cargo.toml", "[package]\nrust-version = \"1.99\"\n");
  write(project / "tool/Cargo.toml", "[package]\n");
  EXPECT_EQ(project_rust_version(project.path()).value(), "1.80");
}

TEST(Msrv, ThatIsMissingOrNoVersionIsAnErrorThatNamesTheFile) {
  ScratchDir project;
  write(project / "Cargo.toml", "[package]\nname = \"x\"\n[dependencies]\ny = { rust-version = \"1.2\" }\n");
  EXPECT_THAT(project_rust_version(project.path()).error().message(),
              testing::HasSubstr("Cargo.toml: no `rust-version`"));
  write(project / "Cargo.toml", "[package]\nrust-version = \"new\"\n");
  EXPECT_THAT(project_rust_version(project.path()).error().message(), testing::HasSubstr("is no version"));
  EXPECT_FALSE(project_rust_version(project / "nowhere"));
}

}  // namespace
}  // namespace tripled::toolchain::test
