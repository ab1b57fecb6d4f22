// Which rustcs lie on the machine, without running any: rustup's toolchains directory and plain ones on PATH.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "workers/toolchain/tools.h"

namespace tripled::toolchain {

struct Installed {
  std::string name;             // rustup: the directory's name; plain: the path of rustc
  std::filesystem::path rustc;  // as found, never a proxy
  bool rustup = false;
};

// True when running this file would run rustup: it is a link to it, or the same file as the `rustup` beside
// it.
bool is_rustup_proxy(const std::filesystem::path& program);

// Sorted by name; a toolchain that is a link to another one is listed under both names.
std::vector<Installed> rustup_toolchains(const Surroundings& surroundings);
// In the order of PATH, then /usr/local/bin and /usr/bin; each real file once; nothing inside rustup's home.
std::vector<Installed> plain_toolchains(const Surroundings& surroundings);
// A directory with bin/rustc or rustc in it, or a rustc itself. Errors: usage, says what was expected.
Result<Installed> toolchain_at(const std::filesystem::path& path);

// Absolute path of the first `program` on PATH that is executable and passes no rustup proxy; empty: none.
std::filesystem::path program_on_path(const Surroundings& surroundings, const std::string& program);

}  // namespace tripled::toolchain
