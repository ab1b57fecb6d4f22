#include "workers/cargo/environment_fault.h"

#include <signal.h>

#include <algorithm>
#include <array>

#include "schema/base/text.h"
#include "schema/model/debian.h"
#include "workers/cargo/build_script_fault.h"

namespace tripled::cargo {

namespace {

// Between the first pair of backquotes: "linker `x` not found".
std::string quoted(std::string_view text) {
  auto open = text.find('`');
  if (open == std::string_view::npos) return {};
  auto close = text.find('`', open + 1);
  return close == std::string_view::npos ? std::string()
                                         : std::string(text.substr(open + 1, close - open - 1));
}

std::string all_text(const Diagnostic& error) {
  std::string text = error.message;
  for (const auto& note : error.notes) text += "\n" + note;
  return text;
}

// The word behind `marker`, up to white space, a colon or a quote.
std::string word_after(std::string_view text, std::string_view marker) {
  auto at = text.find(marker);
  if (at == std::string_view::npos) return {};
  auto rest = text.substr(at + marker.size());
  return std::string(rest.substr(0, rest.find_first_of(" \t\r\n:;,'\"`")));
}

std::optional<EnvironmentFault> disk_or_memory(std::string_view text) {
  if (contains(text, "No space left on device") || contains(text, "os error 28"))
    return EnvironmentFault{"disk full: no space left on device", "df -h"};
  if (contains(text, "Disk quota exceeded")) return EnvironmentFault{"disk quota exceeded", "quota"};
  if (contains(text, "Cannot allocate memory") || contains(text, "os error 12") ||
      contains(text, "memory allocation of ") || contains(text, "out of memory"))
    return EnvironmentFault{"out of memory while compiling", ""};
  return std::nullopt;
}

// What a limit of the worker ended, as the signal tells.
std::optional<EnvironmentFault> over_a_limit(int signal) {
  if (signal != SIGXFSZ) return std::nullopt;
  return EnvironmentFault{"a file grew larger than a job may write (signal " + std::to_string(signal) + ")",
                          "tripled-worker --job-file …"};
}

std::string std_fix(const FaultContext& context) {
  return "rustup target add " + context.triple + "   # or let tripled build it: `std: build`";
}

// E0463: can't find crate for `std`. A crate that wants std where none can exist is the project's own fault.
std::optional<EnvironmentFault> missing_std(const Diagnostic& error, const std::string& text,
                                            const FaultContext& context) {
  if (error.code == "E0514" ||
      error.code == "E0460")  // found a crate compiled by another rustc; newer version of it
    return EnvironmentFault{"artefacts of another toolchain or std in the target dir: " + error.message,
                            "cargo clean"};
  if (error.code != "E0463") return std::nullopt;
  static constexpr std::array<std::string_view, 6> kStd{"std",  "core",       "alloc",
                                                        "test", "proc_macro", "panic_abort"};
  auto crate = quoted(error.message);
  if (std::find(kStd.begin(), kStd.end(), crate) == kStd.end()) return std::nullopt;
  bool core = crate == "core";
  if (!core && (!context.triple_has_std || contains(text, "may not support the standard library")))
    return std::nullopt;
  return EnvironmentFault{"no " + crate + " for " + context.triple + " in the toolchain", std_fix(context)};
}

EnvironmentFault missing_program(const std::string& program, const std::string& role) {
  EnvironmentFault fault{role + " `" + program + "` not found", ""};
  if (auto package = package_of_program(program)) fault.fix = "apt-get install " + *package;
  return fault;
}

std::string missing_library(std::string_view text) {
  for (std::string_view marker : {"cannot find -l", "unable to find library -l", "library not found for -l"})
    if (auto name = word_after(text, marker); !name.empty()) return name;
  auto apple = text.find("ld: library '");
  if (apple != std::string_view::npos && contains(text, "' not found")) {
    auto rest = text.substr(apple + 13);
    return std::string(rest.substr(0, rest.find('\'')));
  }
  return {};
}

// The project's own symbols, sections and scripts.
bool own_link_error(std::string_view text) {
  static constexpr std::array<std::string_view, 12> kOwn{"undefined reference to",
                                                         "undefined symbol",
                                                         "Undefined symbols for",
                                                         "multiple definition of",
                                                         "duplicate symbol",
                                                         "relocation truncated",
                                                         "relocation R_",
                                                         "overflowed by",
                                                         "cannot find linker script",
                                                         "cannot open linker script",
                                                         "version node not found",
                                                         "has no section"};
  return std::any_of(kOwn.begin(), kOwn.end(), [&](std::string_view own) { return contains(text, own); });
}

// gcc without a C library for the triple.
bool lacks_startup_files(std::string_view text) {
  for (std::string_view file : {"crt1.o", "Scrt1.o", "crti.o", "crtbegin", "libgcc.a", "libgcc_s"})
    if (contains(text, file) && (contains(text, "cannot find") || contains(text, "cannot open") ||
                                 contains(text, "No such file") || contains(text, "unable to find")))
      return true;
  return false;
}

std::optional<EnvironmentFault> wrong_linker(std::string_view text, const std::string& linker,
                                             const FaultContext& context) {
  static constexpr std::array<std::string_view, 9> kWrong{"unrecognized command-line option",
                                                          "unrecognized command line option",
                                                          "Relocations in generic ELF",
                                                          "file in wrong format",
                                                          "file format not recognized",
                                                          "is incompatible with",
                                                          "skipping incompatible",
                                                          "unknown file type",
                                                          "unrecognised emulation mode"};
  for (auto wrong : kWrong)
    if (contains(text, wrong))
      return EnvironmentFault{
          "linker `" + linker + "` is not one for " + context.triple + " (" + std::string(wrong) + ")",
          "linker: …   # a linker for " + context.triple + ", in the matrix or `tripled doctor " +
              context.triple + "`"};
  return std::nullopt;
}

std::optional<EnvironmentFault> link_failure(const Diagnostic& error, const std::string& text,
                                             const FaultContext& context) {
  bool missing = error.message.starts_with("linker `") && contains(error.message, "not found");
  auto linker = quoted(error.message);
  if (missing) return missing_program(linker, "linker");
  if (error.message.starts_with("could not exec the linker"))
    return EnvironmentFault{"linker `" + linker + "` cannot be executed: " + error.message, ""};
  if (!error.message.starts_with("linking with ")) return std::nullopt;
  // gcc is there, the ld it wants is not: collect2: fatal error: cannot find 'ld'
  if (contains(text, "fatal error: cannot find 'ld'"))
    return missing_program("ld.lld", "the linker behind " + linker);
  if (auto library = missing_library(text); !library.empty() && !lacks_startup_files(text)) {
    EnvironmentFault fault{"native library `" + library + "` not found for " + context.triple, ""};
    if (auto package = package_of_library(library))
      fault.fix = install_line(*package, context.triple, context.host);
    return fault;
  }
  if (auto fault = wrong_linker(text, linker, context)) return fault;
  if (lacks_startup_files(text)) {
    EnvironmentFault fault{"sysroot for " + context.triple + " lacks the C library's startup files", ""};
    if (auto arch = debian_architecture(context.triple))
      fault.fix = context.triple == context.host ? "apt-get install libc6-dev"
                                                 : "apt-get install libc6-dev-" + *arch + "-cross";
    return fault;
  }
  if (own_link_error(text)) return std::nullopt;
  auto ended = error.message.find("failed: ");
  return EnvironmentFault{
      "linker `" + linker + "` failed" +
          (ended == std::string::npos ? "" : " (" + error.message.substr(ended + 8) + ")"),
      ""};
}

EnvironmentFault global_fault(const std::string& what, const CargoError& error, const std::string& fix) {
  return {what + ": " + error.message, fix};
}

}  // namespace

std::optional<EnvironmentFault> environment_fault(const Diagnostic& error, const FaultContext& context) {
  auto text = all_text(error);
  // Linkers' notes carry whole command lines; the faults below are looked for in messages of compilers alone.
  if (auto fault = missing_std(error, text, context)) return fault;
  if (error.code.empty() && error.file.empty())  // with a place it is the project's own compile_error!
    if (auto fault = disk_or_memory(text)) return fault;
  return link_failure(error, text, context);
}

std::optional<EnvironmentFault> environment_fault(const CargoError& error, const FaultContext& context) {
  switch (error.kind) {
    case CargoErrorKind::unit_failed:
      return std::nullopt;  // its diagnostics say why
    case CargoErrorKind::unit_crashed: {
      if (auto fault = disk_or_memory(error.text)) return fault;
      if (auto fault = over_a_limit(error.signal)) return fault;
      if (error.signal == 9) return EnvironmentFault{"rustc was killed by signal 9 (out of memory?)", ""};
      if (error.signal != 0)
        return EnvironmentFault{
            "rustc ended by signal " + std::to_string(error.signal) + " while compiling " + error.package,
            ""};
      return std::nullopt;
    }
    case CargoErrorKind::build_script_failed:
      if (auto fault = disk_or_memory(error.text)) return fault;
      if (auto fault = over_a_limit(error.signal)) return fault;
      if (error.signal == 9) return EnvironmentFault{error.message + " (killed by signal 9)", ""};
      return build_script_fault(error, context);
    case CargoErrorKind::unknown_feature:
    case CargoErrorKind::no_matching_package:
    case CargoErrorKind::resolution:
    case CargoErrorKind::missing_target_file:
    case CargoErrorKind::manifest:
    case CargoErrorKind::rust_version:
    case CargoErrorKind::lock_outdated:
      return std::nullopt;
    case CargoErrorKind::selection:
      return global_fault("cargo does not know what the matrix selects", error,
                          "scope: …   # or `units:`, `profile:`");
    case CargoErrorKind::network:
      return global_fault("network or registry", error, "cargo fetch");
    case CargoErrorKind::disk_full:
      return EnvironmentFault{"disk full: " + error.message, "df -h"};
    case CargoErrorKind::toolchain:
      return global_fault("toolchain", error, "");
    case CargoErrorKind::other:
      return global_fault("cargo", error, "");
  }
  return std::nullopt;
}

}  // namespace tripled::cargo
