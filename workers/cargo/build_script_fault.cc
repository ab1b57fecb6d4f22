#include "workers/cargo/build_script_fault.h"

#include "schema/base/text.h"
#include "schema/model/debian.h"

namespace tripled::cargo {

namespace {

std::string between(std::string_view text, std::string_view before, std::string_view after) {
  auto at = text.find(before);
  if (at == std::string_view::npos) return {};
  auto rest = text.substr(at + before.size());
  auto end = rest.find(after);
  return end == std::string_view::npos || end > 200 ? std::string() : std::string(rest.substr(0, end));
}

std::string script_of(const CargoError& error) { return "build script of `" + error.package + "`: "; }

// cc: failed to find tool "s390x-linux-gnu-gcc"; cmake: is `cmake` not installed?; prost-build: Could not
// find `protoc`.
std::optional<EnvironmentFault> missing_tool(const CargoError& error, const std::string& text) {
  for (auto [before, after] :
       {std::pair{"failed to find tool \"", "\""}, std::pair{"Failed to find tool. Is `", "`"},
        std::pair{"is `", "` not installed"}, std::pair{"Could not find `", "`"}}) {
    auto program = between(text, before, after);
    if (program.empty()) continue;
    EnvironmentFault fault{script_of(error) + "program `" + program + "` not found", ""};
    if (auto package = package_of_program(program)) fault.fix = "apt-get install " + *package;
    return fault;
  }
  return std::nullopt;
}

std::optional<EnvironmentFault> pkg_config(const CargoError& error, const std::string& text,
                                           const FaultContext& context) {
  if (contains(text, "Could not run `") && contains(text, "pkg-config") &&
      (contains(text, "No such file") || contains(text, "could not be found")))
    return EnvironmentFault{script_of(error) + "pkg-config not found", "apt-get install pkg-config"};
  auto name = between(text, "Package ", " was not found in the pkg-config search path");
  if (name.empty()) name = between(text, "Package '", "', required by");
  if (name.empty()) name = between(text, "The system library `", "` required by crate");
  if (!name.empty()) {
    EnvironmentFault fault{script_of(error) + "pkg-config does not know `" + name + "` for " + context.triple,
                           ""};
    if (auto package = package_of_pkg_config(name))
      fault.fix = install_line(*package, context.triple, context.host);
    return fault;
  }
  if (contains(text, "pkg-config has not been configured to support cross-compilation"))
    return EnvironmentFault{script_of(error) + "pkg-config is not configured for " + context.triple,
                            "env: {PKG_CONFIG_SYSROOT_DIR: …, PKG_CONFIG_LIBDIR: …}   # or `sysroot:`"};
  return std::nullopt;
}

}  // namespace

std::optional<EnvironmentFault> build_script_fault(const CargoError& error, const FaultContext& context) {
  const auto& text = error.text;
  if (auto fault = missing_tool(error, text)) return fault;
  if (auto fault = pkg_config(error, text, context)) return fault;
  if (contains(text, "Could not find directory of OpenSSL installation"))
    return EnvironmentFault{script_of(error) + "OpenSSL not found for " + context.triple,
                            install_line("libssl-dev", context.triple, context.host)};
  if (contains(text, "Unable to find libclang"))
    return EnvironmentFault{script_of(error) + "libclang not found", "apt-get install libclang-dev"};
  if (contains(text, "version `GLIBC_") && contains(text, "not found"))
    return EnvironmentFault{script_of(error) + "was built against a newer libc than this machine has",
                            "cargo clean"};
  auto header = between(text, "fatal error: ", ": No such file or directory");
  if (!header.empty() && header.find('\n') == std::string::npos)
    return EnvironmentFault{script_of(error) + "C header `" + header + "` not found for " + context.triple,
                            ""};
  return std::nullopt;
}

}  // namespace tripled::cargo
