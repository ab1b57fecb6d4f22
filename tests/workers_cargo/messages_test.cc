#include "workers/cargo/messages.h"

#include <gmock/gmock.h>

#include "tests/workers_cargo/support.h"

namespace tripled::cargo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(PackageId, AllSpellings) {
  struct Case {
    const char* id;
    const char* name;
    const char* version;
  };
  for (const Case& c :
       {Case{"path+file:///a/b/clean#0.1.0", "clean", "0.1.0"},
        Case{"path+file:///a/sub#te-sub@1.2.3-beta.4", "te-sub", "1.2.3-beta.4"},
        Case{"registry+https://github.com/rust-lang/crates.io-index#winreg@0.52.0", "winreg", "0.52.0"},
        Case{"git+https://example.org/x/name.git?rev=abc#1.0.0", "name", "1.0.0"},
        Case{"git+https://example.org/x/repo?branch=main#other@2.0.0", "other", "2.0.0"},
        Case{"old 1.0.0 (registry+https://github.com/rust-lang/crates.io-index)", "old", "1.0.0"},
        Case{"g 0.2.0 (git+https://example.org/g?rev=1#abcdef)", "g", "0.2.0"},
        Case{"name@1.0.0", "name", "1.0.0"}}) {
    auto parsed = parse_package_id(c.id);
    EXPECT_EQ(parsed.name, c.name) << c.id;
    EXPECT_EQ(parsed.version, c.version) << c.id;
  }
  auto display = parse_package_display("buildfail v0.1.0 (/src/buildfail)");
  EXPECT_EQ(display.name, "buildfail");
  EXPECT_EQ(display.version, "0.1.0");
  EXPECT_EQ(display.source, "/src/buildfail");
}

TEST(DisplayPath, IsTheSameOnEveryMachine) {
  SourcePaths paths{"/snap/p", "/snap/p/ws", "/t", "s390x-unknown-linux-gnu"};
  EXPECT_EQ(display_path("src/lib.rs", paths), "ws/src/lib.rs");
  EXPECT_EQ(display_path("/snap/p/x/lib.rs", paths), "x/lib.rs");
  EXPECT_EQ(display_path("/home/u/.cargo/registry/src/idx-1/nix-0.26.1/src/a.rs", paths),
            "nix-0.26.1/src/a.rs");
  EXPECT_EQ(display_path("/home/u/.cargo/git/checkouts/my-repo-0123abc/9f8e/src/a.rs", paths),
            "my-repo-9f8e/src/a.rs");
  EXPECT_EQ(display_path("/rustc/abc/library/core/src/panic.rs", paths), "library/core/src/panic.rs");
  EXPECT_EQ(display_path("/usr/src/rustc-1.96.0/library/core/src/panic.rs", paths),
            "library/core/src/panic.rs");
  EXPECT_EQ(display_path("/t/s390x-unknown-linux-gnu/debug/build/a-1f/out/gen.rs", paths), "OUT_DIR/gen.rs");
}

TEST(DisplayText, MapsThePathsInATextAndNothingElse) {
  SourcePaths paths{"/snap/p", "/snap/p/ws", "/t", "s390x-unknown-linux-gnu"};
  EXPECT_EQ(
      display_text("error\n --> /r/registry/src/idx-1/nix-0.26.1/src/a.rs:3:5\n  |\n3 | a / b // c\n", paths),
      "error\n --> nix-0.26.1/src/a.rs:3:5\n  |\n3 | a / b // c\n");
  EXPECT_EQ(display_text("couldn't read `/snap/p/x/gen.rs`: /usr/bin/cc, (/snap/p/y)", paths),
            "couldn't read `x/gen.rs`: /usr/bin/cc, (y)");
  EXPECT_EQ(display_text("see https://doc.rust-lang.org/snap/p/x and file:///snap/p/x", paths),
            "see https://doc.rust-lang.org/snap/p/x and file:///snap/p/x");
  EXPECT_EQ(display_text("/t/debug/build/a-1f/out/gen.rs", paths), "OUT_DIR/gen.rs");
  EXPECT_EQ(display_text("", paths), "");
}

TEST(Messages, ErrorsOfAWorkspace) {
  auto messages = messages_of("workspace-check.96");
  ASSERT_EQ(messages.errors.size(), 5u);
  EXPECT_EQ(messages.error_count, 5);
  EXPECT_EQ(messages.success, false);
  const CompilerError* gated = nullptr;
  for (const auto& error : messages.errors)
    if (error.unit.package == "gated" && !gated) gated = &error;
  ASSERT_NE(gated, nullptr);
  EXPECT_EQ(gated->unit.version, "0.1.0");
  EXPECT_EQ(gated->unit.kind, "lib");
  EXPECT_EQ(gated->diagnostic.code, "E0432");
  EXPECT_EQ(gated->diagnostic.message, "unresolved import `win`");
  EXPECT_EQ(gated->diagnostic.file, "gated/src/lib.rs");
  EXPECT_EQ(gated->diagnostic.line, 3);
  EXPECT_EQ(gated->diagnostic.column, 9);
  EXPECT_EQ(gated->diagnostic.package, "gated");
  EXPECT_THAT(gated->diagnostic.rendered, HasSubstr("--> gated/src/lib.rs:3:9"));
  ASSERT_EQ(gated->diagnostic.notes.size(), 1u);
  EXPECT_THAT(gated->diagnostic.notes[0],
              testing::StartsWith("help: if you wanted to use a crate named `win`"));
}

TEST(Messages, ArtifactsScriptsAndHostFiles) {
  auto messages = messages_of("clean-test.96", kS390x);
  EXPECT_EQ(messages.success, true);
  EXPECT_THAT(messages.errors, IsEmpty());
  ASSERT_EQ(messages.build_scripts.size(), 1u);
  EXPECT_EQ(messages.build_scripts[0].package, "clean");
  EXPECT_THAT(messages.build_scripts[0].env,
              ElementsAre(std::pair<std::string, std::string>("CLEAN_X", "hello")));
  EXPECT_THAT(messages.build_scripts[0].linked_paths, ElementsAre("native=/nowhere"));
  EXPECT_FALSE(messages.build_scripts[0].host);
  int harnesses = 0, hosts = 0;
  for (const auto& artifact : messages.artifacts) {
    if (artifact.harness) ++harnesses;
    if (artifact.host) ++hosts;
    if (artifact.unit.package == "mac" || artifact.unit.package == "bhelp") {
      EXPECT_TRUE(artifact.host);
    }
    if (artifact.unit.package == "devhelp") {
      EXPECT_FALSE(artifact.host);
    }
  }
  EXPECT_EQ(harnesses, 4);  // clean lib, bin, tests/it; mac
  EXPECT_EQ(hosts, 4);      // bhelp, build script, mac, mac's harness
}

// rustc names the macro's body in std as primary span; its text shows the use, and so do we.
TEST(Messages, PostMonomorphisationErrorPointsIntoTheProject) {
  auto messages = messages_of("workspace-build.96");
  for (const auto& error : messages.errors) {
    if (error.unit.package != "postmono") continue;
    EXPECT_EQ(error.diagnostic.code, "E0080");
    EXPECT_EQ(error.diagnostic.file, "postmono/src/lib.rs");
    EXPECT_EQ(error.diagnostic.line, 2);
    EXPECT_EQ(error.diagnostic.column, 31);
    EXPECT_THAT(error.diagnostic.notes,
                ElementsAre("note: erroneous constant encountered",
                            "note: the above error was encountered while instantiating `fn S::<u32>::new`"));
    return;
  }
  FAIL() << "no error of postmono";
}

TEST(Messages, RegistryPackage) {
  auto messages = messages_of("registry-dependency.96");
  ASSERT_EQ(messages.errors.size(), 1u);
  EXPECT_EQ(messages.errors[0].unit.package, "winreg");
  EXPECT_EQ(messages.errors[0].unit.version, "0.52.0");
  EXPECT_EQ(messages.errors[0].diagnostic.file, "winreg-0.52.0/src/lib.rs");
  EXPECT_EQ(messages.errors[0].diagnostic.line, 115);
  EXPECT_EQ(messages.errors[0].diagnostic.code, "");
}

TEST(Messages, AnyChunkingGivesTheSame) {
  auto text = data("workspace-build.96.json");
  MessageParser whole(source_paths()), pieces(source_paths());
  whole.feed(text);
  whole.finish();
  for (std::size_t at = 0; at < text.size(); at += 37) pieces.feed(std::string_view(text).substr(at, 37));
  pieces.finish();
  EXPECT_EQ(whole.messages().errors.size(), pieces.messages().errors.size());
  EXPECT_EQ(whole.messages().artifacts.size(), pieces.messages().artifacts.size());
  EXPECT_EQ(whole.messages().success, pieces.messages().success);
}

TEST(Messages, WhatIsNotCargosIsKeptBounded) {
  MessageParser parser;
  parser.feed("hello from a wrapper\n{\"reason\":\"some-day\",\"x\":1}\n{broken\n{\"no\":\"reason\"}\n");
  for (int i = 0; i < 1000; ++i) parser.feed("noise\n");
  parser.feed("{\"reason\":\"build-finished\",\"success\":true}");  // no newline at the end
  parser.finish();
  EXPECT_EQ(parser.messages().plain_lines.size(), 200u);
  EXPECT_EQ(parser.messages().plain_lines[0], "hello from a wrapper");
  EXPECT_EQ(parser.messages().plain_lines[1], "{broken");
  EXPECT_EQ(parser.messages().dropped_lines, 3 + 1000 - 200);
  EXPECT_EQ(parser.messages().success, true);
}

TEST(Messages, OverlongLineIsDroppedAndTheNextIsRead) {
  MessageParser parser;
  std::string piece(1u << 20, 'x');
  parser.feed("{\"reason\":\"");
  for (int i = 0; i < 100; ++i) parser.feed(piece);
  parser.feed("\"}\n{\"reason\":\"build-finished\",\"success\":false}\n");
  parser.finish();
  EXPECT_EQ(parser.messages().dropped_lines, 1);
  EXPECT_EQ(parser.messages().success, false);
}

TEST(Messages, DeepMacroBacktrace) {
  std::string span =
      R"({"file_name":"src/lib.rs","line_start":7,"column_start":1,"is_primary":true,"label":null,"expansion":null})";
  for (int i = 0; i < 128; ++i)
    span =
        R"({"file_name":"/rustc/x/library/core/src/a.rs","line_start":1,"column_start":1,"is_primary":true,"expansion":{"span":)" +
        span + "}}";
  MessageParser parser;
  parser.feed(
      R"({"reason":"compiler-message","package_id":"path+file:///p#1.0.0","manifest_path":"/p/Cargo.toml","target":{"kind":["lib"],"name":"p"},"message":{"level":"error","message":"m","code":null,"children":[],"rendered":"r","spans":[)" +
      span + "]}}\n");
  parser.finish();
  ASSERT_EQ(parser.messages().errors.size(), 1u);
  EXPECT_EQ(parser.messages().errors[0].diagnostic.file, "src/lib.rs");
  EXPECT_EQ(parser.messages().errors[0].diagnostic.line, 7);
}

TEST(Messages, BoundsAndLevels) {
  auto message = [](const std::string& level, const std::string& text, const std::string& rendered) {
    return R"({"reason":"compiler-message","package_id":"path+file:///p#1.0.0","target":{"kind":["lib"],"name":"p"},"message":{"level":")" +
           level + R"(","message":")" + text + R"(","code":null,"children":[],"spans":[],"rendered":")" +
           rendered + "\"}}\n";
  };
  MessageParser parser;
  parser.feed(message("error", "aborting due to 2 previous errors", ""));
  parser.feed(message("failure-note", "For more information about this error", ""));
  parser.feed(message("warning", "unused", ""));
  parser.feed(message("error: internal compiler error", "ouch", std::string(100'000, 'r')));
  for (int i = 0; i < 3000; ++i) parser.feed(message("error", "e" + std::to_string(i), ""));
  parser.finish();
  EXPECT_EQ(parser.messages().warning_count, 1);
  EXPECT_EQ(parser.messages().error_count, 3001);
  EXPECT_EQ(parser.messages().errors.size(), 2000u);
  EXPECT_EQ(parser.messages().errors[0].diagnostic.message, "ouch");
  EXPECT_LE(parser.messages().errors[0].diagnostic.rendered.size(), (16u << 10) + 3);
}

// `test --no-run` stopped early; the call that went on repeats what was said and adds the rest.
TEST(Messages, MergeCountsNothingTwice) {
  auto first = messages_of("workspace-test.96");
  auto rest = messages_of("workspace-test-rest.96");
  auto errors = rest.errors.size();
  auto artifacts = rest.artifacts.size();
  first.merge(rest);
  EXPECT_EQ(first.errors.size(), errors);
  EXPECT_EQ(first.error_count, static_cast<std::int64_t>(errors));
  EXPECT_EQ(first.artifacts.size(), artifacts);
}

}  // namespace
}  // namespace tripled::cargo
