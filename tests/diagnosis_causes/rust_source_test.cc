#include "daemon/diagnosis/causes/rust_source.h"

#include <gmock/gmock.h>

#include "daemon/diagnosis/causes/cfg.h"
#include "tests/diagnosis_causes/support.h"

namespace tripled::diagnosis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> at(const std::string& text, int line, int column) {
  std::vector<std::string> out;
  for (const auto& gate : RustSource(text).gates(line, column)) out.push_back(gate.predicate);
  return out;
}

TEST(Gates, OfTheItemAndOfWhatIsAround) {
  const std::string text =
      "#![cfg(unix)]\n#[cfg(any(a, b))]\nmod m {\n    #[cfg(c)]\n    fn f() { g() }\n    fn h() {}\n}\nfn "
      "i() {}\n";
  EXPECT_THAT(at(text, 5, 14), ElementsAre("unix", "any(a, b)", "c"));
  EXPECT_THAT(at(text, 6, 8), ElementsAre("unix", "any(a, b)"));
  EXPECT_THAT(at(text, 8, 4), ElementsAre("unix"));
}

TEST(Gates, CommasOfGenericsAndArguments) {
  EXPECT_THAT(at("#[cfg(a)]\nfn f<T, U>(x: T, y: U) -> Map<T, U> {\n    z\n}\n", 3, 5), ElementsAre("a"));
  EXPECT_THAT(at("struct S {\n    #[cfg(a)]\n    x: u8,\n    y: u8,\n}\n", 3, 5), ElementsAre("a"));
  EXPECT_THAT(at("struct S {\n    #[cfg(a)]\n    x: u8,\n    y: u8,\n}\n", 4, 5), IsEmpty());
}

TEST(Gates, CommentsAndTextsAreNoCode) {
  EXPECT_THAT(at("// #[cfg(a)]\n/* #[cfg(b)] { */ fn f() {\n    let s = \"#[cfg(c)] {\"; let c = '{'; let r "
                 "= r#\"{\"#;\n    x\n}\n",
                 4, 5),
              IsEmpty());
  EXPECT_THAT(at("fn f<'a>(x: &'a str) {}\n#[cfg(a)]\nfn g() {}\n", 3, 4), ElementsAre("a"));
}

TEST(Gates, BranchesOfCfgIf) {
  const std::string text =
      "cfg_if! {\n    if #[cfg(unix)] {\n        a;\n    } else if #[cfg(windows)] {\n        b;\n    } else "
      "{\n        c;\n    }\n}\n";
  EXPECT_THAT(at(text, 3, 9), ElementsAre("unix"));
  EXPECT_THAT(at(text, 5, 9), ElementsAre("not(unix)", "windows"));
  EXPECT_THAT(at(text, 7, 9), ElementsAre("not(all(not(unix), windows))"));
}

TEST(Gates, OfCfgMacros) {
  auto gates = RustSource("fn f() {\n    if !cfg!(windows) {\n        a\n    } else {\n        b\n    }\n}\n")
                   .gates(5, 9);
  ASSERT_THAT(gates, SizeIs(1));
  EXPECT_TRUE(gates[0].macro);
  EXPECT_EQ(gates[0].predicate, "not(not(windows))");
  EXPECT_THAT(at("fn f() { let x = cfg!(windows); a }\n", 1, 33), IsEmpty());
}

TEST(Items, WithTheirGates) {
  RustSource source(
      "#[cfg(windows)]\npub fn f() {}\n#[cfg(unix)]\n#[path = \"u.rs\"]\nmod f;\nfn g() { f() }\n");
  auto items = source.items("f");
  ASSERT_THAT(items, SizeIs(2));
  EXPECT_EQ(items[0].word, "fn");
  EXPECT_EQ(items[0].gates[0].predicate, "windows");
  EXPECT_EQ(items[1].word, "mod");
  EXPECT_EQ(items[1].path, "u.rs");
}

TEST(Around, TheFunctionOfAPlace) {
  RustSource source("fn a() {}\npub fn b(x: u8)\n    -> u8\n{\n    if x > 1 {\n        2\n    }\n}\n");
  EXPECT_EQ(source.around(6, 9), (std::pair{2, 8}));
  EXPECT_EQ(source.around(3, 8), (std::pair{2, 8}));
  EXPECT_EQ(source.around(1, 4), (std::pair{1, 1}));
}

TEST(Gates, OfModulesThatLeadToAFile) {
  auto evidence = sample();
  evidence.files["src/lib.rs"] = "#[cfg(unix)]\nmod sys;\n#[cfg(windows)]\n#[path = \"w.rs\"]\nmod sys;\n";
  evidence.files["src/sys/mod.rs"] = "#[cfg(target_os = \"linux\")]\nmod epoll;\n";
  evidence.files["src/sys/epoll.rs"] = "fn f() {}\n";
  evidence.files["src/w.rs"] = "fn f() {}\n";
  std::vector<std::string> out;
  for (const auto& gate : Sources(evidence).gates("src/sys/epoll.rs", 1, 4)) out.push_back(gate.predicate);
  EXPECT_THAT(out, ElementsAre("unix", "target_os = \"linux\""));
  out.clear();
  for (const auto& gate : Sources(evidence).gates("src/w.rs", 1, 4)) out.push_back(gate.predicate);
  EXPECT_THAT(out, ElementsAre("windows"));
}

TEST(Cfg, AlternativesAreOne) {
  EXPECT_EQ(any_cfg({"any(unix, windows)", "unix", "target_os = \"wasi\""}),
            "any(target_os = \"wasi\", unix, windows)");
  EXPECT_EQ(any_cfg({"any(unix, any(unix))"}), "unix");
  EXPECT_EQ(any_cfg({}), "");
}

TEST(Cfg, IsDecidedForThePlatformAndThePackagesFeatures) {
  auto evidence = sample();
  const auto& package = evidence.metadata.packages[0];
  EXPECT_EQ(cfg_holds("all(unix, not(windows))", evidence, &package), true);
  EXPECT_EQ(cfg_holds("feature = \"x\"", evidence, &package), false);
  EXPECT_EQ(cfg_holds("any(", evidence, &package), std::nullopt);
  EXPECT_EQ(cfg_holds("test", evidence, &package, true), true);
  EXPECT_EQ(platform_holds("x86_64-unknown-linux-gnu", evidence), true);
  EXPECT_EQ(platform_holds("cfg(windows)", evidence), false);
  EXPECT_EQ(normal_cfg("any(\n  unix,\n  windows,\n)"), "any(unix, windows)");
  EXPECT_EQ(cfg_text(without_doc(*parse_cfg("any(windows, doc)"))), "windows");
  evidence.cfg.clear();
  EXPECT_EQ(cfg_holds("unix", evidence, &package), std::nullopt);
}

}  // namespace
}  // namespace tripled::diagnosis
