// What of the sources is kept as evidence because rustc could not find it.
#include "workers/agent/definitions.h"

#include <gmock/gmock.h>

#include <fstream>

namespace tripled::agent {
namespace {

namespace fs = std::filesystem;

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

class Definitions : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(root_ / "sys"); }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& name, const std::string& text) { std::ofstream(root_ / name) << text; }
  std::vector<std::string> defining(const std::set<std::string>& words) const {
    std::vector<std::string> out;
    for (const auto& file : files_defining(root_, words))
      out.push_back(file.lexically_relative(root_).string());
    return out;
  }

  fs::path root_ = fs::path(testing::TempDir()) / "definitions";
};

TEST_F(Definitions, ItemsFieldsAndMacrosCountUsesDoNot) {
  write("lib.rs", "pub use sys::open;\nfn f() { open() }\n");
  write("sys/a.rs", "#[cfg(windows)]\npub fn open() {}\n");
  write("sys/b.rs", "macro_rules! open { () => {} }\n");
  write("sys/c.rs", "struct S {\n    pub open: u8,\n}\n");
  write("sys/d.rs", "fn reopen() {} // open\n");
  EXPECT_THAT(defining({"open"}), ElementsAre("sys/a.rs", "sys/b.rs", "sys/c.rs"));
  EXPECT_THAT(defining({"nothing"}), IsEmpty());
}

TEST_F(Definitions, AreTheFirstFew) {
  for (char c = 'a'; c <= 'k'; ++c) write(std::string("sys/") + c + ".rs", "pub fn open() {}\n");
  EXPECT_THAT(defining({"open"}),
              ElementsAre("sys/a.rs", "sys/b.rs", "sys/c.rs", "sys/d.rs", "sys/e.rs", "sys/f.rs"));
}

TEST_F(Definitions, ADirectoryThatIsNotThereHasNone) {
  EXPECT_THAT(files_defining(root_ / "gone", {"open"}), IsEmpty());
}

TEST(MissingNames, OfAPathAndOfAMethod) {
  Diagnostic error;
  error.code = "E0432";
  error.message = "unresolved imports `foo::sys::open`, `foo::close`";
  EXPECT_THAT(missing_names(error).words, ElementsAre("close", "open"));
  EXPECT_THAT(missing_names(error).crates, ElementsAre("close", "foo", "open", "sys"));
  error.code = "E0599";
  error.message = "no method named `handle` found for struct `foo::S<'_, 8>` in the current scope";
  EXPECT_THAT(missing_names(error).words, Contains("handle"));
  EXPECT_THAT(missing_names(error).words, Not(Contains("8")));
}

TEST(MissingNames, OfAnotherErrorAreNone) {
  Diagnostic error;
  error.code = "E0308";
  error.message = "mismatched types `a`";
  EXPECT_THAT(missing_names(error).words, IsEmpty());
}

}  // namespace
}  // namespace tripled::agent
