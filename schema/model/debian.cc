#include "schema/model/debian.h"

#include <array>

#include "schema/base/text.h"

namespace tripled {

namespace {

struct Pair {
  std::string_view key, value;
};

template <std::size_t N>
std::optional<std::string> look_up(const std::array<Pair, N>& table, std::string_view key) {
  for (const auto& pair : table)
    if (pair.key == key) return std::string(pair.value);
  return std::nullopt;
}

constexpr std::array kPrograms{Pair{"cc", "gcc"},
                               Pair{"gcc", "gcc"},
                               Pair{"c++", "g++"},
                               Pair{"g++", "g++"},
                               Pair{"clang", "clang"},
                               Pair{"ld.lld", "lld"},
                               Pair{"lld", "lld"},
                               Pair{"rust-lld", "lld"},
                               Pair{"mold", "mold"},
                               Pair{"cmake", "cmake"},
                               Pair{"make", "make"},
                               Pair{"ninja", "ninja-build"},
                               Pair{"pkg-config", "pkg-config"},
                               Pair{"perl", "perl"},
                               Pair{"python3", "python3"},
                               Pair{"protoc", "protobuf-compiler"},
                               Pair{"nasm", "nasm"},
                               Pair{"ar", "binutils"},
                               Pair{"git", "git"},
                               Pair{"bindgen", "bindgen"},
                               Pair{"x86_64-w64-mingw32-gcc", "gcc-mingw-w64-x86-64"},
                               Pair{"i686-w64-mingw32-gcc", "gcc-mingw-w64-i686"},
                               Pair{"x86_64-w64-mingw32-dlltool", "binutils-mingw-w64-x86-64"},
                               Pair{"i686-w64-mingw32-dlltool", "binutils-mingw-w64-i686"},
                               Pair{"arm-none-eabi-gcc", "gcc-arm-none-eabi"},
                               Pair{"musl-gcc", "musl-tools"}};

constexpr std::array kLibraries{Pair{"z", "zlib1g-dev"},
                                Pair{"ssl", "libssl-dev"},
                                Pair{"crypto", "libssl-dev"},
                                Pair{"sqlite3", "libsqlite3-dev"},
                                Pair{"curl", "libcurl4-openssl-dev"},
                                Pair{"git2", "libgit2-dev"},
                                Pair{"ssh2", "libssh2-1-dev"},
                                Pair{"bz2", "libbz2-dev"},
                                Pair{"lzma", "liblzma-dev"},
                                Pair{"zstd", "libzstd-dev"},
                                Pair{"lz4", "liblz4-dev"},
                                Pair{"pq", "libpq-dev"},
                                Pair{"mysqlclient", "default-libmysqlclient-dev"},
                                Pair{"ffi", "libffi-dev"},
                                Pair{"X11", "libx11-dev"},
                                Pair{"xcb", "libxcb1-dev"},
                                Pair{"asound", "libasound2-dev"},
                                Pair{"udev", "libudev-dev"},
                                Pair{"dbus-1", "libdbus-1-dev"},
                                Pair{"usb-1.0", "libusb-1.0-0-dev"},
                                Pair{"pcap", "libpcap0.8-dev"},
                                Pair{"xml2", "libxml2-dev"},
                                Pair{"ncurses", "libncurses-dev"},
                                Pair{"readline", "libreadline-dev"},
                                Pair{"gmp", "libgmp-dev"},
                                Pair{"sodium", "libsodium-dev"},
                                Pair{"systemd", "libsystemd-dev"},
                                Pair{"fontconfig", "libfontconfig-dev"},
                                Pair{"freetype", "libfreetype-dev"},
                                Pair{"seccomp", "libseccomp-dev"},
                                Pair{"cap", "libcap-dev"},
                                Pair{"acl", "libacl1-dev"},
                                Pair{"selinux", "libselinux1-dev"},
                                Pair{"uring", "liburing-dev"},
                                Pair{"stdc++", "g++"},
                                Pair{"elf", "libelf-dev"},
                                Pair{"unwind", "libunwind-dev"},
                                Pair{"jpeg", "libjpeg-dev"},
                                Pair{"png", "libpng-dev"},
                                Pair{"GL", "libgl-dev"},
                                Pair{"fuse3", "libfuse3-dev"},
                                Pair{"event", "libevent-dev"},
                                Pair{"zmq", "libzmq3-dev"}};

constexpr std::array kPkgConfig{Pair{"openssl", "libssl-dev"},
                                Pair{"libssl", "libssl-dev"},
                                Pair{"libcrypto", "libssl-dev"},
                                Pair{"zlib", "zlib1g-dev"},
                                Pair{"sqlite3", "libsqlite3-dev"},
                                Pair{"libcurl", "libcurl4-openssl-dev"},
                                Pair{"libgit2", "libgit2-dev"},
                                Pair{"libssh2", "libssh2-1-dev"},
                                Pair{"liblzma", "liblzma-dev"},
                                Pair{"libzstd", "libzstd-dev"},
                                Pair{"liblz4", "liblz4-dev"},
                                Pair{"libpq", "libpq-dev"},
                                Pair{"mysqlclient", "default-libmysqlclient-dev"},
                                Pair{"libffi", "libffi-dev"},
                                Pair{"x11", "libx11-dev"},
                                Pair{"xcb", "libxcb1-dev"},
                                Pair{"alsa", "libasound2-dev"},
                                Pair{"libudev", "libudev-dev"},
                                Pair{"dbus-1", "libdbus-1-dev"},
                                Pair{"libusb-1.0", "libusb-1.0-0-dev"},
                                Pair{"libxml-2.0", "libxml2-dev"},
                                Pair{"libsodium", "libsodium-dev"},
                                Pair{"libsystemd", "libsystemd-dev"},
                                Pair{"fontconfig", "libfontconfig-dev"},
                                Pair{"freetype2", "libfreetype-dev"},
                                Pair{"libseccomp", "libseccomp-dev"},
                                Pair{"libcap", "libcap-dev"},
                                Pair{"gtk+-3.0", "libgtk-3-dev"},
                                Pair{"gtk4", "libgtk-4-dev"},
                                Pair{"glib-2.0", "libglib2.0-dev"},
                                Pair{"gobject-2.0", "libglib2.0-dev"},
                                Pair{"cairo", "libcairo2-dev"},
                                Pair{"pango", "libpango1.0-dev"},
                                Pair{"gdk-pixbuf-2.0", "libgdk-pixbuf-2.0-dev"},
                                Pair{"atk", "libatk1.0-dev"},
                                Pair{"gdk-3.0", "libgtk-3-dev"},
                                Pair{"wayland-client", "libwayland-dev"},
                                Pair{"xkbcommon", "libxkbcommon-dev"},
                                Pair{"liburing", "liburing-dev"},
                                Pair{"fuse3", "libfuse3-dev"},
                                Pair{"libzmq", "libzmq3-dev"},
                                Pair{"libpcap", "libpcap0.8-dev"}};

constexpr std::array kCompilers{"-gcc", "-g++", "-cpp"};

}  // namespace

std::optional<std::string> debian_architecture(std::string_view triple) {
  if (!contains(triple, "-linux-gnu")) return std::nullopt;
  auto arch = triple.substr(0, triple.find('-'));
  if (arch == "x86_64") return triple.ends_with("x32") ? "x32" : "amd64";
  if (arch == "i686" || arch == "i586") return "i386";
  if (arch == "aarch64") return "arm64";
  if (arch.starts_with("arm") || arch.starts_with("thumbv7"))
    return triple.ends_with("hf") ? "armhf" : "armel";
  if (arch == "powerpc64le") return "ppc64el";
  if (arch == "powerpc64") return "ppc64";
  if (arch == "powerpc") return "powerpc";
  if (arch == "riscv64gc") return "riscv64";
  if (arch == "s390x") return "s390x";
  if (arch == "mips64el") return "mips64el";
  if (arch == "mipsel") return "mipsel";
  if (arch == "sparc64") return "sparc64";
  if (arch == "loongarch64") return "loong64";
  if (arch == "m68k") return "m68k";
  return std::nullopt;
}

// Debian's cross compilers: gcc-<gnu triple with `-` for `_`>.
std::optional<std::string> package_of_program(std::string_view program) {
  auto slash = program.rfind('/');
  if (slash != std::string_view::npos) program = program.substr(slash + 1);
  if (auto known = look_up(kPrograms, program)) return known;
  if (!contains(program, "-linux-gnu")) return std::nullopt;
  for (std::string_view compiler : kCompilers)
    if (program.ends_with(compiler))
      return std::string(compiler.substr(1)) + "-" +
             replace_all(std::string(program.substr(0, program.size() - compiler.size())), "_", "-");
  for (std::string_view tool : {"-ld", "-ar", "-as", "-objcopy", "-ranlib"})
    if (program.ends_with(tool))
      return "binutils-" +
             replace_all(std::string(program.substr(0, program.size() - tool.size())), "_", "-");
  return std::nullopt;
}

std::optional<std::string> package_of_library(std::string_view library) {
  return look_up(kLibraries, library);
}

std::optional<std::string> package_of_pkg_config(std::string_view name) { return look_up(kPkgConfig, name); }

std::string install_line(const std::string& package, std::string_view triple, std::string_view host) {
  auto wanted = debian_architecture(triple);
  if (triple == host || !wanted || wanted == debian_architecture(host)) return "apt-get install " + package;
  return "dpkg --add-architecture " + *wanted + " && apt-get update && apt-get install " + package + ":" +
         *wanted;
}

}  // namespace tripled
