// What is read of cargo's registry cache and done to a published manifest, without a registry.
#include "workers/workdir/crate_source.h"

#include <gtest/gtest.h>

#include <fstream>

#include "schema/base/file.h"

namespace tripled::workdir {
namespace {

namespace fs = std::filesystem;

class Package : public testing::Test {
 protected:
  Package() {
    auto pattern = (fs::temp_directory_path() / "tripled-package-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  ~Package() override {
    std::error_code ignored;
    fs::remove_all(dir_, ignored);
  }
  void file(const std::string& name, const std::string& text = "") {
    fs::create_directories((dir_ / name).parent_path());
    std::ofstream(dir_ / name) << text;
  }
  std::string read(const fs::path& path) {
    auto text = read_file(path);
    return text ? *text : std::string();
  }
  fs::path dir_;
};

TEST(IndexPath, IsAsCargoLaysItOut) {
  EXPECT_EQ(index_path("a"), "1/a");
  EXPECT_EQ(index_path("cc"), "2/cc");
  EXPECT_EQ(index_path("ryu"), "3/r/ryu");
  EXPECT_EQ(index_path("Futures-Util"), "fu/tu/futures-util");
}

TEST(IndexEntry, FindsOneVersionAmongOthersAndWhetherItIsYanked) {
  std::string file = "\x03\x02";
  file += std::string("\0\0\0\0etag: x\0", 12);
  file += std::string("1.0.0\0") + R"({"name": "x", "vers": "1.0.0", "cksum": "aa", "yanked": false})" + '\0';
  file.insert(file.find("1.0.0") + 5, 1, '\0');
  file += R"({"name":"x","vers":"1.0.1","cksum":"bb","yanked":true})";
  file += '\0';
  file += "{not json";
  auto first = index_entry(file, "1.0.0");
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->checksum, "aa");
  EXPECT_FALSE(first->yanked);
  auto second = index_entry(file, "1.0.1");
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->checksum, "bb");
  EXPECT_TRUE(second->yanked);
  EXPECT_FALSE(index_entry(file, "2.0.0").has_value());
}

TEST_F(Package, OnlyTargetsWithoutAFileAreDropped) {
  file("examples/kept.rs");
  file("examples/folder/main.rs");
  file("src/main.rs");
  std::string manifest = R"([package]
name = "p" # [[test]]
include = [
    "/src",
]

[[bin]]
name = "p"

[[example]]
name = "kept"
path = "examples/kept.rs"

[[example]]
name = "folder"

[[example]]
name = "gone"
path = "examples/gone.rs"
required-features = ["x"]

[[test]]
name = "gone-too"
harness = false

[dependencies.serde]
version = "1"
)";
  auto edited = without_missing_targets(manifest, dir_);
  ASSERT_EQ(edited.missing.size(), 2u);
  EXPECT_EQ(edited.missing[0].kind + " " + edited.missing[0].name, "example gone");
  EXPECT_EQ(edited.missing[1].kind + " " + edited.missing[1].name, "test gone-too");
  EXPECT_EQ(edited.text.find("gone"), std::string::npos) << edited.text;
  for (const char* kept :
       {"name = \"kept\"", "name = \"folder\"", "[[bin]]", "[dependencies.serde]", "\"/src\""})
    EXPECT_NE(edited.text.find(kept), std::string::npos) << kept;
  EXPECT_EQ(without_missing_targets(edited.text, dir_).text, edited.text);
}

TEST(DevDependencies, EveryTableOfThemGoesAndNothingElse) {
  std::string manifest = R"([dependencies]
a = "1"

[dev-dependencies]
b = "1"

[dev-dependencies.c]
version = "2"

[target.'cfg(unix)'.dev-dependencies.d]
version = "3"

[target.'cfg(unix)'.dependencies.dev-dependencies-like]
version = "4"

[build-dependencies]
e = "1"
)";
  EXPECT_EQ(without_dev_dependencies(manifest), R"([dependencies]
a = "1"

[target.'cfg(unix)'.dependencies.dev-dependencies-like]
version = "4"

[build-dependencies]
e = "1"
)");
}

// A fake of cargo's side: `cargo info` unpacks the package, as the real one does.
TEST_F(Package, IsCopiedOnceWithItsMissingTargetsSaid) {
  int asked = 0;
  auto home = dir_ / "home";
  AskCargo ask = [&](const std::vector<std::string>& args, const fs::path&) -> Result<exec::Captured> {
    ++asked;
    EXPECT_EQ(args, (std::vector<std::string>{"info", "demo@1.0.0"}));
    file("home/registry/src/r/demo-1.0.0/Cargo.toml",
         "[package]\nname = \"demo\"\n\n[[test]]\nname = \"t\"\npath = \"tests/t.rs\"\n");
    file("home/registry/src/r/demo-1.0.0/Cargo.lock", "version = 3\n");
    file("home/registry/src/r/demo-1.0.0/.cargo/config.toml");
    file("home/registry/src/r/demo-1.0.0/.cargo_vcs_info.json", R"({"git":{"sha1":"abc"}})");
    return exec::Captured();
  };
  for (int round = 0; round < 2; ++round) {
    auto source = crate_source("demo", "1.0.0", dir_ / "cache", home, ask);
    ASSERT_TRUE(source.has_value()) << source.error().message();
    EXPECT_EQ(read(source->dir / "Cargo.toml"), "[package]\nname = \"demo\"\n");
    EXPECT_TRUE(source->ships_lock);
    ASSERT_EQ(source->missing.size(), 1u);
    std::string notes;
    for (const auto& note : source->notes) notes += note + "\n";
    for (const char* said :
         {"commit abc", "test `t`", "planned is unknown", "ships a Cargo.lock", "ships .cargo/config.toml"})
      EXPECT_NE(notes.find(said), std::string::npos) << said << "\n" << notes;
  }
  EXPECT_EQ(asked, 1);
}

TEST_F(Package, ThatTheRegistryDoesNotHaveIsAUsageError) {
  AskCargo ask = [&](const std::vector<std::string>&, const fs::path&) -> Result<exec::Captured> {
    exec::Captured out;
    out.err = "error: could not find `demo@9.9.9` in registry `x`\n";
    out.result.code = 101;
    return out;
  };
  auto source = crate_source("demo", "9.9.9", dir_ / "cache", dir_ / "home", ask);
  ASSERT_FALSE(source.has_value());
  EXPECT_EQ(source.error().kind(), ErrorKind::usage);
  EXPECT_NE(source.error().message().find("9.9.9"), std::string::npos);
}

}  // namespace
}  // namespace tripled::workdir
