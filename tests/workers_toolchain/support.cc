#include "tests/workers_toolchain/support.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "workers/exec/cancel_token.h"
#include "workers/toolchain/discover.h"
#include "workers/toolchain/exec_tools.h"

namespace tripled::toolchain::test {

namespace fs = std::filesystem;

ScratchDir::ScratchDir() : path_(fs::temp_directory_path() / ("tripled-toolchain-" + random_hex())) {
  fs::create_directories(path_);
}

ScratchDir::~ScratchDir() {
  std::error_code ec;
  fs::remove_all(path_, ec);
}

void write(const fs::path& path, const std::string& text, bool executable) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
  if (executable) ::chmod(path.c_str(), 0755);
}

std::string slurp(const fs::path& path) { return read_file(path).value(); }

ToolchainFacts fake_toolchain(const fs::path& root) {
  write(root / "bin/rustc", "rustc", true);
  write(root / "bin/rustdoc", "rustdoc", true);
  write(root / "bin/cargo", "cargo", true);
  write(root / "lib/rustlib" / kHost / "lib/libcore-1.rlib", "host core");
  write(root / "lib/rustlib/src/rust/library/core/src/lib.rs", "source");
  fs::create_directories(root / "lib/rustlib/src/rust/library/vendor");
  ToolchainFacts facts;
  facts.name = "fake";
  facts.rustc = root / "bin/rustc";
  facts.rustdoc = root / "bin/rustdoc";
  facts.cargo = root / "bin/cargo";
  facts.version = "1.96.0";
  facts.channel = "stable";
  facts.commit = "ac68faa20c58cbccd01ee7208bf3b6e93a7d7f96";
  facts.host = kHost;
  facts.sysroot = root;
  facts.rust_src = root / "lib/rustlib/src/rust/library";
  facts.cargo_version = "cargo 1.96.0";
  facts.rustc_verbose = "rustc 1.96.0\nhost: x86_64-unknown-linux-gnu\nrelease: 1.96.0\n";
  for (const char* name : {kHost, kForeign, kBare}) {
    TripleFacts triple;
    triple.triple = name;
    triple.std = name != kBare;
    triple.os = triple.std ? "linux" : "none";
    triple.dist = name == kHost;
    facts.triples.push_back(triple);
  }
  return facts;
}

namespace {

std::string after(const std::vector<std::string>& argv, const std::string& option) {
  for (std::size_t i = 0; i + 1 < argv.size(); ++i)
    if (argv[i] == option) return argv[i + 1];
  return "";
}

}  // namespace

Result<ToolOutput> FakeCargo::build(const ToolCommand& command) {
  ++builds;
  ToolOutput output;
  output.wall = Millis(40);
  output.cpu = Millis(70);
  if (!failing_log.empty()) {
    output.exit_code = 101;
    output.err = failing_log;
    return output;
  }
  fs::path target_dir = after(command.argv, "--target-dir");
  auto deps = target_dir / after(command.argv, "--target") / "release/deps";
  for (const char* crate : {"core", "alloc", "tripled_std"}) {
    auto base = deps / ("lib" + std::string(crate) + "-17");
    write(base.string() + ".rlib", content + crate);
    write(base.string() + ".rmeta", content + crate);
    output.out += R"({"reason":"compiler-artifact","target":{"name":")" + std::string(crate) +
                  R"("},"filenames":[")" + base.string() + R"(.rlib",")" + base.string() + ".rmeta\"]}\n";
    if (crate == std::string("core") && halfway) halfway(target_dir);
  }
  output.exit_code = 0;
  return output;
}

RunTool FakeCargo::tool() {
  return [this](const ToolCommand& command) -> Result<ToolOutput> {
    if (fs::path(command.argv.front()).filename() == "cargo") {
      if (builds == 0) commands.push_back(command);
      return build(command);
    }
    ToolOutput output;  // the probe with rustc
    output.exit_code = 0;
    return output;
  };
}

Surroundings no_surroundings() { return {"/nonexistent", "/nonexistent", "/nonexistent", "/nonexistent"}; }

RunTool real_tools() {
  static exec::CancelToken cancel;
  return tools_from_exec(exec::ShimPath::self(), cancel);
}

fs::path test_cache() {
  const char* named = std::getenv("TRIPLED_TEST_CACHE");
  return named && *named ? fs::path(named) : fs::path(TRIPLED_BINARY_DIR) / "test-cache";
}

ToolchainFacts system_with_source() {
  ToolchainFinder finder(Surroundings::of_this_process(), real_tools());
  auto facts = finder.find("system");
  if (facts.error.empty() && facts.rust_src.empty())
    facts.error = "the system's rustc " + facts.version + " has no rust-src";
  return facts;
}

}  // namespace tripled::toolchain::test
