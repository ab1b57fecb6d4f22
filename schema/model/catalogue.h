// What rustc does not know about a triple: how to link, compile C, find libraries and execute for it on a
// Linux worker. Filled from config/catalogue/triples.yaml and sent to workers; plain data, no behaviour, any
// thread. Nothing here repeats rustc: architecture, endianness, tier and std come from the toolchain facts.
// Every list of names or directories is a list of candidates, tried in order; empty means "we know of none".
#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "schema/model/reflect.h"

namespace tripled {

// A trap that a failing cell of this triple may have stepped into.
struct Pitfall {
  std::string id;           // short and stable: "vfork-spawn"
  std::string text;         // one sentence
  std::string source;       // an issue, a page, or how it was seen; never empty
  bool unverified = false;  // true: reported by the source, not seen by us

  bool operator==(const Pitfall&) const = default;
};

// Packages of Debian 12: alternatives, best first; each is a set to install together. Empty: Debian has none.
using PackageChoices = std::vector<std::vector<std::string>>;

struct CataloguePackages {
  PackageChoices linker;   // provides the first linker and C compiler
  PackageChoices cxx;      // provides the first C++ compiler
  PackageChoices sysroot;  // libc with headers and crt objects for the triple
  PackageChoices qemu;     // provides the QEMU user binary
  PackageChoices native;   // loader and libraries with which a host in `native_on` runs the triple's programs
  PackageChoices runner;   // provides `runner`

  bool operator==(const CataloguePackages&) const = default;
};

// A runner that is neither native nor QEMU user mode (wine, wasmtime). Its executions count as emulated.
struct CatalogueRunner {
  std::string name;                    // "wine"; empty: there is none
  std::vector<std::string> programs;   // candidates, looked up in PATH or absolute
  std::vector<std::string> arguments;  // between the program and the executable

  bool operator==(const CatalogueRunner&) const = default;
};

// What an entry can say it has been checked on Debian 12. compiler: cc, ar and ranlib (C++: the package's
// name).
enum class CatalogueFact {
  linker,
  compiler,
  bindgen,
  pkg_config,
  sysroot,
  loader,
  native_on,
  qemu,
  cpu,
  runner,
  packages
};

// The default is what we say about a triple that is not in the catalogue: nothing known, nothing verified.
struct CatalogueEntry {
  std::string triple;
  bool in_catalogue = false;

  std::string cross_prefix;         // GNU name of the cross tools: "arm-linux-gnueabihf"; empty: none
  std::string debian_architecture;  // "armhf", as in `libssl-dev:armhf`; empty: Debian has no such port

  // Empty: leave cargo's default. For the toolchain's own host triple the default is right as well.
  // `rust-lld` is looked for in the toolchain's lib/rustlib/<host>/bin too, not in PATH alone.
  std::vector<std::string> linkers;
  std::vector<std::string> cc, cxx, ar, ranlib;
  // For BINDGEN_EXTRA_CLANG_ARGS_<triple>; "<sysroot>" in it stands for the sysroot that was chosen.
  std::vector<std::string> bindgen_arguments;
  std::vector<std::string> pkg_config_dirs;  // all of them, for PKG_CONFIG_LIBDIR

  std::vector<std::string> sysroots;      // absolute; also QEMU's -L prefix
  std::vector<std::string> library_dirs;  // below the sysroot, where libc lies: "lib"
  // Program interpreter without its leading slash, also its place below the sysroot: "lib/ld-linux.so.2". On
  // a machine in `native_on` it can serve as runner: <sysroot>/<loader> --library-path <sysroot>/<library
  // dir>.
  std::string loader;

  // `uname -m` of Linux hosts whose kernel and CPU may run the triple's programs without emulation. A probe
  // decides: the loader, the kernel's compat support or the CPU mode may be missing.
  std::vector<std::string> native_on;
  std::vector<std::string> qemu;  // QEMU user mode binaries: "qemu-arm"; empty: no user mode emulation
  // Values for -cpu; the first that the QEMU at hand accepts. None accepted, or none here: no -cpu at all.
  std::vector<std::string> cpus;
  CatalogueRunner runner;

  CataloguePackages packages;
  std::vector<Pitfall> pitfalls;
  std::string notes;
  std::vector<CatalogueFact> verified;  // sorted

  bool is_verified(CatalogueFact fact) const {
    return std::find(verified.begin(), verified.end(), fact) != verified.end();
  }
  bool operator==(const CatalogueEntry&) const = default;
};

BOOST_DESCRIBE_ENUM(CatalogueFact, linker, compiler, bindgen, pkg_config, sysroot, loader, native_on, qemu,
                    cpu, runner, packages)
BOOST_DESCRIBE_STRUCT(Pitfall, (), (id, text, source, unverified))
BOOST_DESCRIBE_STRUCT(CataloguePackages, (), (linker, cxx, sysroot, qemu, native, runner))
BOOST_DESCRIBE_STRUCT(CatalogueRunner, (), (name, programs, arguments))
BOOST_DESCRIBE_STRUCT(CatalogueEntry, (),
                      (triple, in_catalogue, cross_prefix, debian_architecture, linkers, cc, cxx, ar, ranlib,
                       bindgen_arguments, pkg_config_dirs, sysroots, library_dirs, loader, native_on, qemu,
                       cpus, runner, packages, pitfalls, notes, verified))

}  // namespace tripled
