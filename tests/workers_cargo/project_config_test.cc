#include "workers/cargo/project_config.h"

#include <gmock/gmock.h>

#include "tests/workers_cargo/support.h"

namespace tripled::cargo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> kCfg{"unix", "target_os=\"linux\"", "target_pointer_width=\"64\"",
                                    "debug_assertions"};

ProjectConfig config(const std::string& json) {
  auto parsed = parse_config(json);
  EXPECT_TRUE(parsed) << parsed.error().message();
  return parsed ? *parsed : ProjectConfig{};
}

TEST(Cfg, Expressions) {
  struct Case {
    const char* text;
    std::optional<bool> value;
  };
  for (const Case& c :
       {Case{"cfg(unix)", true}, Case{"cfg(windows)", false}, Case{"unix", true},
        Case{"cfg(target_os = \"linux\")", true}, Case{"cfg(target_os=\"freebsd\")", false},
        Case{"cfg(all(unix, not(target_os = \"macos\")))", true}, Case{"cfg(any(windows, unix,))", true},
        Case{"cfg(all())", true}, Case{"cfg(any())", false}, Case{"cfg(true)", true},
        Case{"cfg(not(any(unix, windows)))", false}, Case{"cfg(", std::nullopt}, Case{"", std::nullopt},
        Case{"cfg(nonsense(unix))", std::nullopt}, Case{"cfg(not(unix, unix))", std::nullopt},
        Case{"cfg(unix) trailing", std::nullopt}, Case{"cfg(a = b)", std::nullopt}})
    EXPECT_EQ(cfg_matches(c.text, kCfg), c.value) << c.text;
  std::string deep = "cfg(";
  for (int i = 0; i < 100'000; ++i) deep += "not(";
  EXPECT_EQ(cfg_matches(deep, kCfg), std::nullopt);
}

// The outcomes are what cargo 1.95 and 1.96 gave to rustc in the same situations.
TEST(Rustflags, AsCargoChoosesThem) {
  auto flags = [](const std::string& json) { return effective_rustflags(config(json), kHost, kCfg); };
  EXPECT_THAT(flags("{}"), IsEmpty());
  EXPECT_THAT(flags(R"j({"build":{"rustflags":["--cfg","b"]}})j"), ElementsAre("--cfg", "b"));
  EXPECT_THAT(flags(R"j({"build":{"rustflags":"--cfg  b"}})j"), ElementsAre("--cfg", "b"));
  EXPECT_THAT(
      flags(R"j({"build":{"rustflags":["b"]},"target":{"x86_64-unknown-linux-gnu":{"rustflags":["t"]}}})j"),
      ElementsAre("t"));
  EXPECT_THAT(
      flags(
          R"j({"build":{"rustflags":["b"]},"target":{"cfg(unix)":{"rustflags":["u"]},"cfg(all())":{"rustflags":["a"]},
                       "x86_64-unknown-linux-gnu":{
    "rustflags" : ["t"]}
}
})j"),
      ElementsAre("t", "a", "u"));
  EXPECT_THAT(flags(R"j({"build":{"rustflags":["b"]},"target":{"cfg(windows)":{
  "rustflags" : ["w"]}
  }
  })j"),
              ElementsAre("b"));
}

TEST(ProjectConfig, WhatIsOverriddenIsSaid) {
  auto parsed =
      config(R"j({"build":{"target-dir":"foo","rustc-wrapper":"sccache"},"env":{"A":"1","B":{"value":"x"}},
      "target":{"cfg(unix)":{"runner":"foo bar"},"x86_64-unknown-linux-gnu":{"linker":"clang","runner":["a","b c"]},
                "s390x-unknown-linux-gnu":{
    "linker" : "other"}
  }
  })j");
  EXPECT_EQ(parsed.env.at("B"), "x");
  EXPECT_THAT(parsed.targets.at("cfg(unix)").runner, ElementsAre("foo", "bar"));
  auto said = overridden_settings(parsed, kHost, kCfg);
  EXPECT_EQ(said.size(), 5u);
  for (const auto& line : said) EXPECT_THAT(line, testing::Not(testing::HasSubstr("other")));
}

TEST(ProjectConfig, NotJsonIsAnError) { EXPECT_FALSE(parse_config("error: x")); }

}  // namespace
}  // namespace tripled::cargo
