// Snapshots: exact sources at a stable path, the mtime of unchanged files kept, nothing written to the
// project.
#include "workers/workdir/snapshot.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "schema/base/file.h"
#include "workers/workdir/manifests.h"
#include "workers/workdir/target_dir.h"

namespace tripled::workdir {
namespace {

namespace fs = std::filesystem;

class SnapshotTest : public testing::Test {
 protected:
  SnapshotTest() {
    auto pattern = (fs::temp_directory_path() / "tripled-workdir-XXXXXX").string();
    root_ = fs::canonical(::mkdtemp(pattern.data()));
    write("p/Cargo.toml", "[package]\nname = \"p\"\n[dependencies]\nq = { path = \"../q\" }\n");
    write("p/src/lib.rs", "// p\n");
    write("q/Cargo.toml", "[package]\nname = \"q\"\n");
    write("q/src/lib.rs", "// q\n");
    write("other/Cargo.toml", "[package]\nname = \"other\"\n");
  }
  ~SnapshotTest() override { fs::remove_all(root_); }
  void write(const std::string& file, const std::string& text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  Result<Snapshot> take() { return take_snapshot(root_ / "p", root_ / "snapshot", walk_files); }

  fs::path root_;
};

TEST_F(SnapshotTest, HoldsPathDependenciesAtTheSameRelativePlaceAndNothingElse) {
  auto snapshot = take();
  ASSERT_TRUE(snapshot.has_value()) << snapshot.error().message();
  EXPECT_EQ(snapshot->source_dir, root_ / "snapshot" / "p");
  EXPECT_TRUE(fs::exists(snapshot->source_dir / ".." / "q" / "src" / "lib.rs"));
  EXPECT_FALSE(fs::exists(root_ / "snapshot" / "other"));
  EXPECT_EQ(snapshot->files, 4u);
}

TEST_F(SnapshotTest, KeepsTheTimesOfUnchangedFilesAndFollowsChanges) {
  auto first = take();
  ASSERT_TRUE(first.has_value());
  auto kept = fs::last_write_time(first->source_dir / "Cargo.toml");
  write("p/src/lib.rs", "// changed\n");
  write("p/src/new.rs", "");
  fs::remove(root_ / "q/src/lib.rs");
  auto second = take();
  ASSERT_TRUE(second.has_value());
  EXPECT_NE(second->hash, first->hash);
  EXPECT_EQ(second->changed, 2u);
  EXPECT_EQ(fs::last_write_time(second->source_dir / "Cargo.toml"), kept);
  EXPECT_FALSE(fs::exists(root_ / "snapshot/q/src"));
  EXPECT_EQ(take()->hash, second->hash);
}

TEST_F(SnapshotTest, LeavesOutTargetDirs) {
  write("p/target/CACHEDIR.TAG", "x");
  write("p/target/debug/big", "x");
  ASSERT_TRUE(take().has_value());
  EXPECT_FALSE(fs::exists(root_ / "snapshot/p/target"));
}

TEST_F(SnapshotTest, SaysWhatIsNoProject) {
  auto refused = take_snapshot(root_ / "nowhere", root_ / "snapshot", walk_files);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind(), ErrorKind::usage);
}

TEST_F(SnapshotTest, AnotherStdNeverMeetsAnOldTargetDir) {
  TargetDirKey key{"p", "commit", "view", {}};
  fs::path built;
  {
    auto dir = TargetDir::open(root_ / "cache", key, "s390x", "std-1");
    ASSERT_TRUE(dir.has_value());
    built = dir->path() / "s390x" / "debug";
    fs::create_directories(built);
    fs::create_directories(dir->path() / "debug");
  }
  {
    auto same = TargetDir::open(root_ / "cache", key, "s390x", "std-1");
    ASSERT_TRUE(same.has_value());
    EXPECT_FALSE(same->std_changed());
    EXPECT_TRUE(fs::exists(built));
  }
  auto other = TargetDir::open(root_ / "cache", key, "s390x", "std-2");
  ASSERT_TRUE(other.has_value());
  EXPECT_TRUE(other->std_changed());
  EXPECT_FALSE(fs::exists(built));
  EXPECT_TRUE(fs::exists(other->path() / "debug")) << "host artefacts are shared and stay";
}

TEST(Manifests, PathValuesAreThoseOfPathKeys) {
  EXPECT_EQ(path_values("a = { path = \"../a\" } # path = \"no\"\nmy-path = \"no\"\npath='b'\n"),
            (std::vector<std::string>{"../a", "b"}));
}

}  // namespace
}  // namespace tripled::workdir
