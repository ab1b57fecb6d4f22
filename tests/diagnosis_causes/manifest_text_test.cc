#include "daemon/diagnosis/causes/manifest_text.h"

#include <gmock/gmock.h>

namespace tripled::diagnosis {
namespace {

using testing::SizeIs;

const char* const manifest = R"([package]
name = "sample"

[dependencies]
log = "0.4"

[target.'cfg(windows)'.dependencies]
libc = "0.2"

[target.'cfg(unix)'.dependencies.nix]
version = "0.29"
features = ["fs"]

[dev-dependencies]
other = { package = "log", version = "0.4" }
)";

TEST(Manifest, FindsDependencies) {
  ManifestText text(manifest);
  auto libc = text.dependency("libc");
  ASSERT_THAT(libc, SizeIs(1));
  EXPECT_EQ(libc[0].table, "target.'cfg(windows)'.dependencies");
  EXPECT_EQ(libc[0].from, 8);
  EXPECT_THAT(text.dependency("log"), SizeIs(2)) << "once renamed";
  auto nix = text.dependency("nix");
  ASSERT_THAT(nix, SizeIs(1));
  EXPECT_TRUE(nix[0].own_table);
  EXPECT_EQ(nix[0].to, 12);
  EXPECT_THAT(text.dependency("name"), SizeIs(0));
}

TEST(Manifest, MovesAnEntryAndDropsItsEmptyTable) {
  ManifestText text(manifest);
  EXPECT_EQ(text.moved("a/Cargo.toml", text.dependency("libc")[0], "dependencies"),
            "--- a/a/Cargo.toml\n+++ b/a/Cargo.toml\n@@ -3,8 +3,6 @@\n \n [dependencies]\n log = \"0.4\"\n-\n"
            "-[target.'cfg(windows)'.dependencies]\n libc = \"0.2\"\n \n "
            "[target.'cfg(unix)'.dependencies.nix]\n");
}

TEST(Manifest, KeepsTheOldPlaceOfATable) {
  ManifestText text(manifest);
  EXPECT_EQ(
      text.moved("Cargo.toml", text.dependency("nix")[0], "target.'cfg(windows)'.dependencies", true),
      "--- a/Cargo.toml\n+++ b/Cargo.toml\n@@ -11,5 +11,9 @@\n version = \"0.29\"\n features = [\"fs\"]\n \n"
      "+[target.'cfg(windows)'.dependencies.nix]\n+version = \"0.29\"\n+features = [\"fs\"]\n+\n"
      " [dev-dependencies]\n other = { package = \"log\", version = \"0.4\" }\n");
}

TEST(Manifest, AddsATableAtTheEnd) {
  EXPECT_EQ(
      ManifestText("[package]\nname = \"x\"\n").with_line("Cargo.toml", "dependencies", "libc = \"0.2\""),
      "--- a/Cargo.toml\n+++ b/Cargo.toml\n@@ -1,2 +1,5 @@\n [package]\n name = "
      "\"x\"\n+\n+[dependencies]\n+libc = \"0.2\"\n");
}

TEST(Manifest, AFileWithoutItsLastNewlineGetsNoPatch) {
  EXPECT_EQ(ManifestText("[package]").with_line("Cargo.toml", "dependencies", "a = \"1\""), "");
}

TEST(Manifest, FeaturesOfATable) {
  ManifestText text(manifest);
  EXPECT_EQ(text.with_feature_in_table("Cargo.toml", text.dependency("nix")[0], "net"),
            "--- a/Cargo.toml\n+++ b/Cargo.toml\n@@ -9,7 +9,7 @@\n \n "
            "[target.'cfg(unix)'.dependencies.nix]\n version = \"0.29\"\n"
            "-features = [\"fs\"]\n+features = [\"fs\", \"net\"]\n \n [dev-dependencies]\n other = { package "
            "= \"log\", version = \"0.4\" }\n");
}

TEST(Feature, OfEntriesInOneLine) {
  EXPECT_EQ(with_feature("a = \"1\"", "x"), "a = { version = \"1\", features = [\"x\"] }");
  EXPECT_EQ(with_feature("a = {version = \"1\", default-features = false}", "x"),
            "a = { version = \"1\", default-features = false, features = [\"x\"] }");
  EXPECT_EQ(with_feature("a = { features = [\"y\"], path = \"z\" }", "x"),
            "a = { features = [\"y\", \"x\"], path = \"z\" }");
  EXPECT_EQ(with_feature("a = { features = [\"x\"] }", "x"), std::nullopt);
  EXPECT_EQ(with_feature("a.version = \"1\"", "x"), std::nullopt);
}

TEST(Diff, EqualTextsHaveNone) { EXPECT_EQ(unified_diff("f", {"a"}, {"a"}), ""); }

TEST(Diff, FarChangesAreHunksOfTheirOwn) {
  std::vector<std::string> before, after;
  for (int i = 0; i < 20; ++i) before.push_back(std::to_string(i));
  after = before;
  after[1] = "x";
  after[18] = "y";
  auto diff = unified_diff("f", before, after);
  EXPECT_THAT(diff, testing::HasSubstr("@@ -1,5 +1,5 @@"));
  EXPECT_THAT(diff, testing::HasSubstr("@@ -16,5 +16,5 @@"));
}

}  // namespace
}  // namespace tripled::diagnosis
