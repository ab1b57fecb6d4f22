// Stds that are really built, once per $TRIPLED_TEST_CACHE, and seen by cargo through a view.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/base/text.h"
#include "tests/workers_toolchain/support.h"
#include "workers/toolchain/discover.h"
#include "workers/toolchain/ensure_std.h"
#include "workers/toolchain/facts.h"

namespace tripled::toolchain::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class RealStd : public testing::Test {
 protected:
  void SetUp() override {
    toolchain_ = system_with_source();
    if (!toolchain_.error.empty()) GTEST_SKIP() << toolchain_.error;
    auto surroundings = Surroundings::of_this_process();
    ASSERT_TRUE(add_triple_facts(toolchain_, {}, {}, test_cache(), surroundings, real_tools()));
    StdOptions options;
    options.cache = test_cache();
    options.wrapper = TRIPLED_RUSTC_WRAPPER;
    provider_ = std::make_unique<StdProvider>(options, surroundings, real_tools());
  }
  StdResult ensure(const std::string& triple, StdMode mode) {
    return provider_->ensure({toolchain_, triple, mode, "auto", {}});
  }
  // cargo on a small package with a build script and a macro of its own, as a job would call it.
  ToolOutput cargo(const StdResult& std, const std::string& triple, std::vector<std::string> arguments) {
    auto env = Surroundings::of_this_process().tool_environment();
    env["RUSTC"] = std.view + "/bin/rustc";
    env["RUSTDOC"] = std.view + "/bin/rustdoc";
    env["CARGO_HOME"] = (scratch_ / "cargo-home").string();
    arguments.insert(arguments.begin(), toolchain_.cargo);
    arguments.insert(arguments.end(),
                     {"--offline", "--target", triple, "--target-dir", (scratch_ / "target").string()});
    auto output = real_tools()({arguments, env, scratch_ / "package", Millis(300'000)});
    EXPECT_TRUE(output);
    return output ? output.value() : ToolOutput{};
  }
  void package(const std::string& lib) {
    write(scratch_ / "package/Cargo.toml",
          "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nmacros = { "
          "path = "
          "\"../macros\" }\n[workspace]\n[profile.release]\npanic = \"abort\"\n");
    write(scratch_ / "package/build.rs", "fn main() { println!(\"cargo::rustc-cfg=seen\"); }\n");
    write(scratch_ / "package/src/lib.rs", lib);
    write(
        scratch_ / "macros/Cargo.toml",
        "[package]\nname = \"macros\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[lib]\nproc-macro = true\n");
    write(scratch_ / "macros/src/lib.rs",
          "#[proc_macro]\npub fn seven(_: proc_macro::TokenStream) -> proc_macro::TokenStream { "
          "\"7\".parse().unwrap() }\n");
  }
  ScratchDir scratch_;
  ToolchainFacts toolchain_;
  std::unique_ptr<StdProvider> provider_;
};

TEST_F(RealStd, TheHostsIsShippedAndTestsAndDoctestsRunThroughTheView) {
  auto std = ensure(toolchain_.host, StdMode::full);
  ASSERT_EQ(std.error, "");
  EXPECT_EQ(std.source, StdSource::shipped);
  EXPECT_EQ(std.dir, "");
  EXPECT_EQ(std.hash, std.host_hash);
  auto sysroot = real_tools()({{std.view + "/bin/rustc", "--print", "sysroot"}, {}, "/", Millis(30'000)});
  ASSERT_TRUE(sysroot);
  EXPECT_EQ(trim(sysroot.value().out), std.view);
  package(
      "/// ```\n/// assert_eq!(small::seven(), 7);\n/// ```\n#[cfg(seen)]\npub fn seven() -> u8 { "
      "macros::seven!() }\n"
      "#[test]\nfn it_is() { assert_eq!(seven(), 7); }\n");
  auto output = cargo(std, toolchain_.host, {"test"});
  EXPECT_EQ(output.exit_code, 0) << output.err;
  EXPECT_THAT(output.out, HasSubstr("test it_is ... ok"));
  EXPECT_THAT(output.out, HasSubstr("seven (line 1) ... ok"));
}

TEST_F(RealStd, ABareTripleGetsCoreAndAlloc) {
  auto std = ensure("x86_64-unknown-none", StdMode::full);
  ASSERT_EQ(std.error, "") << std.log;
  EXPECT_EQ(std.source, StdSource::built);
  EXPECT_EQ(std.mode, StdMode::core);
  package(
      "#![no_std]\nextern crate alloc;\n#[cfg(seen)]\npub fn f() -> alloc::vec::Vec<u8> { "
      "alloc::vec![macros::seven!()] }\n");
  auto output = cargo(std, "x86_64-unknown-none", {"build"});
  EXPECT_EQ(output.exit_code, 0) << output.err;
  // Again: from the cache, the same std in the same view.
  auto again = ensure("x86_64-unknown-none", StdMode::check);
  EXPECT_EQ(again.hash, std.hash);
  EXPECT_EQ(again.view, std.view);
  EXPECT_EQ(again.build_ms, 0);
}

TEST_F(RealStd, ATripleWithoutShippedStdIsChecked) {
  const std::string triple = "x86_64-unknown-freebsd";
  if (ships_std(toolchain_.sysroot, triple)) GTEST_SKIP() << triple << " is shipped with this toolchain";
  auto std = ensure(triple, StdMode::check);
  ASSERT_EQ(std.error, "") << std.log;
  EXPECT_EQ(std.source, StdSource::built);
  package(
      "#[cfg(all(seen, target_os = \"freebsd\"))]\npub fn f() -> std::io::Result<u8> { "
      "std::fs::metadata(\"/\")?; "
      "Ok(macros::seven!()) }\npub fn g() -> u8 { f().unwrap() }\n");
  auto output = cargo(std, triple, {"check", "--all-targets"});
  EXPECT_EQ(output.exit_code, 0) << output.err;
  write(scratch_ / "package/src/main.rs", "fn main() { println!(\"{}\", small::g()); }\n");
  output = cargo(std, triple, {"check", "--release", "--bins"});  // panic = "abort"
  EXPECT_EQ(output.exit_code, 0) << output.err;
  EXPECT_TRUE(provider_->reuse(std.view, triple, std.dir, std.hash));
  EXPECT_FALSE(provider_->reuse(std.view, triple, std.dir, "another"));
  bool listed = false;
  for (const auto& entry : provider_->cache().list()) {
    if (entry.dir != std.dir) continue;
    listed = true;
    EXPECT_TRUE(entry.in_use);
    EXPECT_EQ(entry.triple, triple);
    EXPECT_GT(entry.bytes, 10u << 20);
    EXPECT_GT(entry.cpu_ms, 0);
  }
  EXPECT_TRUE(listed);
}

TEST_F(RealStd, ABackendThatThisRustcHasNotIsToldApart) {
  const std::string triple = "csky-unknown-linux-gnuabiv2";
  if (!toolchain_.find(triple)) GTEST_SKIP() << "this rustc does not know " << triple;
  auto std = ensure(triple, StdMode::check);
  if (std.error.empty()) GTEST_SKIP() << "this rustc can compile for " << triple;
  EXPECT_EQ(std.failure, StdFailureKind::no_backend) << std.error;
  EXPECT_THAT(std.error, HasSubstr(triple));
  EXPECT_THAT(std.log, Not(testing::IsEmpty()));
}

TEST_F(RealStd, AToolchainWithoutSourceSaysHowToGetIt) {
  auto without = toolchain_;
  without.rust_src.clear();
  auto std = provider_->ensure({without, "x86_64-unknown-netbsd", StdMode::check, "auto", {}});
  if (ships_std(toolchain_.sysroot, "x86_64-unknown-netbsd")) GTEST_SKIP() << "NetBSD's std is shipped";
  EXPECT_EQ(std.failure, StdFailureKind::no_rust_src);
  EXPECT_THAT(std.fix,
              testing::AnyOf(HasSubstr("apt-get install rust-"), HasSubstr("rustup "), HasSubstr("library")));
}

}  // namespace
}  // namespace tripled::toolchain::test
