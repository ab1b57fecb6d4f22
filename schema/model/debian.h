// Debian 12 names: architectures of triples and the packages that provide linkers and common native
// libraries. Only what is certain; nothing is guessed. Pure, thread-safe.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace tripled {

// amd64, i386, arm64, armhf, armel, ppc64el, riscv64, s390x … for `*-linux-gnu*` triples.
std::optional<std::string> debian_architecture(std::string_view triple);
// The package that has a program: `s390x-linux-gnu-gcc` -> gcc-s390x-linux-gnu, cc -> gcc, cmake -> cmake.
std::optional<std::string> package_of_program(std::string_view program);
// The -dev package that has lib<name>.so: z -> zlib1g-dev.
std::optional<std::string> package_of_library(std::string_view library);
// The -dev package that has <name>.pc: openssl -> libssl-dev.
std::optional<std::string> package_of_pkg_config(std::string_view name);
// A shell line that installs `package`, for the triple's architecture where that is not the host's.
std::string install_line(const std::string& package, std::string_view triple, std::string_view host);

}  // namespace tripled
