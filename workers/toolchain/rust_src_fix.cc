#include "workers/toolchain/rust_src_fix.h"

#include <filesystem>

#include "schema/base/text.h"

namespace tripled::toolchain {
namespace {

namespace fs = std::filesystem;

// "rustc-web: /usr/bin/rustc" -> rustc-web
std::string owning_package(const std::string& file, const Surroundings& surroundings, const RunTool& run) {
  std::error_code ec;
  if (!fs::exists("/usr/bin/dpkg-query", ec)) return "";
  auto output =
      run({{"/usr/bin/dpkg-query", "-S", file}, surroundings.tool_environment(), "/", Millis(20'000)});
  if (!output || !output.value().succeeded()) return "";
  auto line = split(output.value().out, '\n').front();
  return line.substr(0, line.find_first_of(":,"));
}

}  // namespace

std::string rustup_name(const ToolchainFacts& toolchain, const Surroundings& surroundings) {
  if (surroundings.rustup_home.empty()) return "";
  std::error_code ec;
  auto toolchains = fs::canonical(fs::path(surroundings.rustup_home) / "toolchains", ec);
  if (ec) return "";
  auto relative = fs::path(toolchain.rustc).lexically_relative(toolchains);
  if (relative.empty() || *relative.begin() == "..") return "";
  return relative.begin()->string();
}

std::string debian_source_package(const std::string& rustc_package) {
  if (rustc_package == "rustc") return "rust-src";
  if (!rustc_package.starts_with("rustc-")) return "";
  return "rust-" + rustc_package.substr(6) + "-src";
}

std::string rust_src_fix(const ToolchainFacts& toolchain, const TripleFacts& triple,
                         const Surroundings& surroundings, const RunTool& run) {
  if (auto name = rustup_name(toolchain, surroundings); !name.empty()) {
    auto source = "rustup component add rust-src --toolchain " + name;
    bool shipped_by_rustup = triple.tier.value_or(3) <= 2;
    return shipped_by_rustup ? "rustup target add " + triple.triple + " --toolchain " + name : source;
  }
  auto package = debian_source_package(owning_package(toolchain.rustc, surroundings, run));
  if (!package.empty()) return "apt-get install " + package;
  return "put the library source of rustc " + toolchain.version + " at " + toolchain.sysroot +
         "/lib/rustlib/src/rust/library";
}

}  // namespace tripled::toolchain
