// From a real failure to its cause, what sets its cells apart, the patch that mends it, and what changed
// then.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/e2e/project.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* matrix = R"(tripled: 1
project: {name: p, source: {path: .}}
defaults: {toolchain: system}
axes: {triple: [x86_64-unknown-linux-gnu, i686-unknown-linux-gnu, aarch64-unknown-linux-gnu, s390x-unknown-linux-gnu]}
stages: [check]
)";

// A path dependency that the manifest declares for x86 alone and the code uses elsewhere, too; and an import
// of an item that exists on little-endian triples only.
std::map<std::string, std::string> broken_project() {
  return {{"Cargo.toml", R"([package]
name = "p"
version = "0.1.0"
edition = "2021"

[target.'cfg(any(target_arch = "x86", target_arch = "x86_64"))'.dependencies]
helper = { path = "helper" }

[workspace]
members = ["helper", "orders"]
)"},
          {"src/lib.rs", "pub fn n() -> u8 { helper::one() }\n"},
          {"helper/Cargo.toml", "[package]\nname = \"helper\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
          {"helper/src/lib.rs", "pub fn one() -> u8 { 1 }\n"},
          {"orders/Cargo.toml", "[package]\nname = \"orders\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
          {"orders/src/lib.rs", R"(mod order {
    #[cfg(target_endian = "little")]
    pub fn swap(n: u16) -> u16 { n.swap_bytes() }
}
pub use order::swap;
)"},
          {"matrix.yaml", std::string(matrix) + "scope: --workspace\n"}};
}

class Findings : public testing::Test {
 protected:
  Findings() { write_files(project(), broken_project()); }

  fs::path project() const { return dir_.path() / "project"; }
  Ran sweep() const {
    return run_tripled(dir_.path(),
                       in_directory(dir_.path(), {"sweep", (project() / "matrix.yaml").string()}));
  }
  Ran tell(std::vector<std::string> words) const {
    words.insert(words.end(), {"--state", (dir_.path() / "state").string()});
    return run_tripled(dir_.path(), words);
  }
  // The finding of this cause; null: there is none.
  static wire::json::value finding(const wire::json::value& report, const std::string& cause) {
    for (const auto& f : report.at("findings").as_array())
      if (text(f.at("cause")) == cause) return f;
    return nullptr;
  }

  TemporaryDirectory dir_;
};

TEST_F(Findings, ACauseAnExplanationAPatchAndWhatItChanged) {
  auto first = sweep();
  ASSERT_EQ(first.status, 1) << first.err << first.out;
  auto report = json_report(dir_.path());

  auto undeclared = finding(report, "dependency-not-declared");
  ASSERT_FALSE(undeclared.is_null()) << wire::pretty(report.at("findings"));
  EXPECT_EQ(text(undeclared.at("fault")), "project");
  EXPECT_EQ(undeclared.at("cells").as_array().size(), 2u) << "aarch64 and s390x";
  const auto& explanation = undeclared.at("explanation");
  EXPECT_EQ(explanation.at("failing").as_int64(), 2);
  EXPECT_EQ(explanation.at("passing").as_int64(), 2);

  auto gated = finding(report, "configured-out");
  ASSERT_FALSE(gated.is_null()) << wire::pretty(report.at("findings"));
  ASSERT_EQ(gated.at("cells").as_array().size(), 1u);
  EXPECT_EQ(text(gated.at("cells").at(0).at("triple")), "s390x-unknown-linux-gnu");
  EXPECT_THAT(text(gated.at("explanation").at("text")), HasSubstr("target_endian"));

  const auto id = text(undeclared.at("id"));
  auto told = tell({"explain", id});
  EXPECT_EQ(told.status, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("dependency-not-declared"));
  EXPECT_THAT(told.out, HasSubstr("patch -p1"));
  auto of_cell = tell({"explain", "s390x-unknown-linux-gnu"});
  EXPECT_THAT(of_cell.out, HasSubstr(id));
  EXPECT_THAT(of_cell.out, HasSubstr(text(gated.at("id"))));
  auto wrong = tell({"explain", "no-such-thing"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("no finding and no cell"));

  // The patch as it is printed mends the project.
  auto patch = tell({"explain", id, "--patch"});
  ASSERT_EQ(patch.status, 0) << patch.err;
  write_files(dir_.path(), {{"mend.patch", patch.out}});
  auto applied =
      "cd '" + project().string() + "' && patch -p1 <'" + (dir_.path() / "mend.patch").string() + "'";
  ASSERT_EQ(std::system((applied + " >/dev/null").c_str()), 0) << patch.out;

  auto second = sweep();
  EXPECT_EQ(second.status, 1) << second.err << second.out << "big-endian fails still";
  EXPECT_THAT(second.out, HasSubstr("1 fixed, 1 partly fixed"));
  report = json_report(dir_.path());
  EXPECT_TRUE(finding(report, "dependency-not-declared").is_null()) << wire::pretty(report.at("findings"));
  gated = finding(report, "configured-out");
  ASSERT_FALSE(gated.is_null());
  EXPECT_EQ(gated.at("since").at("sweeps").as_int64(), 2);

  // More cells than the matrix has: what they show is one finding with that of the others.
  auto more =
      run_tripled(dir_.path(), in_directory(dir_.path(), {"sweep", (project() / "matrix.yaml").string(),
                                                          "--add", "powerpc64-unknown-linux-gnu"}));
  EXPECT_EQ(more.status, 1) << more.err;
  EXPECT_THAT(more.out, HasSubstr("not the matrix as it is written: --add powerpc64-unknown-linux-gnu"));
  report = json_report(dir_.path());
  auto wider = finding(report, "configured-out");
  ASSERT_FALSE(wider.is_null());
  EXPECT_EQ(wider.at("id"), gated.at("id"));
  EXPECT_EQ(wider.at("cells").as_array().size(), 2u);
  EXPECT_EQ(text(wider.at("explanation").at("predicate")), "cfg(not(target_endian = \"little\"))")
      << "as it stands in the source";

  auto better = tell({"diff", "1", "2"});
  EXPECT_EQ(better.status, 0) << better.out << better.err;
  EXPECT_THAT(better.out, HasSubstr("fixed fail -> pass"));
  EXPECT_THAT(better.out, HasSubstr("aarch64-unknown-linux-gnu"));
  auto worse = tell({"diff", "2", "1"});
  EXPECT_EQ(worse.status, 1);
  EXPECT_THAT(worse.out, HasSubstr("regression pass -> fail"));
}

}  // namespace
}  // namespace tripled::e2e
