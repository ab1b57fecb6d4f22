// Sources as one file: what a snapshot here would hold, and the same again on the other side.
#include "workers/workdir/pack_sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "schema/base/text.h"
#include "tests/base/temporary_directory.h"
#include "workers/workdir/archive.h"
#include "workers/workdir/snapshot.h"

namespace tripled::workdir {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class PackSources : public testing::Test {
 protected:
  PackSources() {
    write("repo/Cargo.toml",
          "[package]\nname = \"p\"\nrust-version = \"1.74\"\n[dependencies]\nq = { path = \"../q\" }\n");
    write("repo/src/lib.rs", "// p\n");
    write("repo/.gitignore", "secret.txt\n/target\n");
    write("q/Cargo.toml", "[package]\nname = \"q\"\n");
    write("q/src/lib.rs", "// q\n");
    const auto repo = shell_quote((dir_.path() / "repo").string());
    const auto command = "cd " + repo +
                         " && export HOME=/nonexistent && git init -q -b main . && git add -A && "
                         "git -c user.name=t -c user.email=t@example commit -q -m first >/dev/null";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("git");
    write("repo/untracked.rs", "// not yet tracked\n");
    write("repo/secret.txt", "ignored\n");
  }
  void write(const std::string& file, const std::string& text) {
    fs::create_directories((dir_.path() / file).parent_path());
    std::ofstream(dir_.path() / file) << text;
  }
  Result<PackAnswer> pack_as(const std::string& name) {
    return pack_sources({(dir_.path() / "repo").string(), (dir_.path() / name).string()}, git_,
                        dir_.path() / "cache");
  }

  test::TemporaryDirectory dir_;
  Git git_{{{"PATH", "/usr/bin:/bin"}, {"HOME", "/nonexistent"}}};
};

TEST_F(PackSources, HoldWhatASweepHereWouldUse) {
  auto packed = pack_as("first.tar.zst");
  ASSERT_TRUE(packed) << packed.error().message();
  EXPECT_EQ(packed->directory, "repo");
  EXPECT_EQ(packed->revision.size(), 40u) << packed->revision;
  EXPECT_THAT(packed->notes, ElementsAre(HasSubstr("path dependency outside the project: ../q")));
  auto project = unpack_sources(dir_.path() / "first.tar.zst", packed->directory, dir_.path() / "there");
  ASSERT_TRUE(project) << project.error().message();
  EXPECT_EQ(*project, dir_.path() / "there/repo");
  EXPECT_TRUE(fs::exists(*project / "untracked.rs"));
  EXPECT_TRUE(fs::exists(*project / "../q/src/lib.rs"));
  EXPECT_FALSE(fs::exists(*project / "secret.txt")) << "git ignores it";
  EXPECT_FALSE(fs::exists(*project / ".git"));
  // The other side's snapshot of it is the same one.
  auto every = [](const fs::path& below) -> Result<std::vector<std::string>> { return walk_files(below); };
  auto again = take_snapshot(*project, dir_.path() / "snapshot", every);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->hash, packed->snapshot);
}

TEST_F(PackSources, EqualSourcesAreEqualBytes) {
  ASSERT_TRUE(pack_as("a.tar.zst"));
  fs::last_write_time(dir_.path() / "repo/src/lib.rs", fs::file_time_type::clock::now());
  ASSERT_TRUE(pack_as("b.tar.zst"));
  EXPECT_EQ(sha256_file(dir_.path() / "a.tar.zst").value(), sha256_file(dir_.path() / "b.tar.zst").value());
  write("repo/src/lib.rs", "// changed\n");
  ASSERT_TRUE(pack_as("c.tar.zst"));
  EXPECT_NE(sha256_file(dir_.path() / "a.tar.zst").value(), sha256_file(dir_.path() / "c.tar.zst").value());
}

TEST_F(PackSources, WhatLeadsElsewhereIsRefused) {
  auto packed = pack_as("first.tar.zst");
  ASSERT_TRUE(packed);
  for (const char* wrong : {"q/..", "..", "../there", "nowhere"}) {
    auto project = unpack_sources(dir_.path() / "first.tar.zst", wrong, dir_.path() / "there");
    ASSERT_FALSE(project) << wrong;
    EXPECT_EQ(project.error().kind(), ErrorKind::protocol);
  }
  write("no-archive", "nonsense");
  EXPECT_FALSE(unpack_sources(dir_.path() / "no-archive", "", dir_.path() / "there"));
}

TEST_F(PackSources, NoProjectIsSaidSo) {
  auto refused = pack_sources({(dir_.path() / "q/src").string(), (dir_.path() / "x").string()}, git_,
                              dir_.path() / "cache");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("has no Cargo.toml"));
}

}  // namespace
}  // namespace tripled::workdir
