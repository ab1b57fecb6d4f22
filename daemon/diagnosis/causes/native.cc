// Build scripts that failed: what they looked for, by the words of their own output. Texts of the helper
// libraries of build scripts for C compilers, pkg-config, cmake, libclang; of gcc and clang.
#include <array>

#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/rules.h"
#include "daemon/diagnosis/causes/rust_source.h"
#include "daemon/diagnosis/causes/scripts.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

bool is_script(const Case& of) {
  return of.error.code.empty() && of.error.message.starts_with("build script of `");
}

Diagnosis of_script(const Case& of, Cause cause, Confidence confidence, Fault fault, std::string title) {
  auto out = found(of, cause, confidence);
  out.fault = fault;
  out.title = std::move(title);
  if (out.target.empty() || of.failure.kind == "lib") out.target = "build-script-build";
  return out;
}

void say(Diagnosis& out, const std::string& text, std::string_view sign) {
  if (auto line = line_with(text, sign); !line.empty()) out.evidence.push_back(log_item(line));
}

bool is_compiler(std::string_view program) {
  auto name = program.substr(program.rfind('/') == std::string_view::npos ? 0 : program.rfind('/') + 1);
  for (std::string_view end : {"cc", "gcc", "g++", "c++", "clang", "clang++", "cl.exe", "ar", "musl-gcc"})
    if (name == end ||
        (name.ends_with(end) && name.size() > end.size() && name[name.size() - end.size() - 1] == '-'))
      return true;
  return contains(name, "-gcc") || contains(name, "-clang");
}

// `failed to find tool "X"`, `is `X` not installed`, `Could not find `X``.
std::string missing_program(const std::string& text) {
  for (auto [before, after] :
       {std::pair{"failed to find tool \"", "\""}, std::pair{"Failed to find tool. Is `", "`"},
        std::pair{"is `", "` not installed"}, std::pair{"Could not find `", "`"},
        std::pair{"failed to execute command: No such file or directory (os error 2)\nis `", "`"},
        std::pair{"failed to spawn \"", "\""}, std::pair{"Missing dependency: ", "\n"},
        std::pair{"sh: 1: ", ": not found"}})
    if (auto program = between(text, before, after); !program.empty() && !contains(program, "\n"))
      return program;
  return {};
}

std::optional<Diagnosis> compiler_missing(const Case& of) {
  if (!is_script(of)) return std::nullopt;
  auto text = all_words_of(of.error);
  auto program = missing_program(text);
  if (program.empty()) return std::nullopt;
  bool compiler = is_compiler(program);
  auto out = of_script(of, compiler ? Cause::c_compiler_missing : Cause::build_script_failed,
                       Confidence::certain, Fault::environment,
                       "the build script needs the program `" + program + "`, which is not there");
  out.subject = program;
  say(out, text, program);
  if (auto install = install_program(program)) out.mends.push_back(*install);
  if (compiler) out.mends.push_back(matrix_rule(of.evidence, "env: {CC: …}", "a C compiler for this triple"));
  return out;
}

// A C compiler that does not know the options of another machine.
std::optional<Diagnosis> compiler_wrong(const Case& of) {
  if (!is_script(of)) return std::nullopt;
  auto text = all_words_of(of.error);
  for (std::string_view sign :
       {"unrecognized command-line option '-m", "unrecognized command-line option ‘-m",
        "unrecognized command line option '-m", "unknown target triple", "unsupported option '-m",
        "unsupported argument '"}) {
    if (!contains(text, sign)) continue;
    auto out =
        of_script(of, Cause::c_compiler_missing, Confidence::likely, Fault::environment,
                  "the C compiler that the build script called is not one for " + of.evidence.cell.triple);
    say(out, text, sign);
    out.subject = "CC";
    for (auto& m : linker_mends(of.evidence)) out.mends.push_back(std::move(m));
    return out;
  }
  return std::nullopt;
}

std::optional<Diagnosis> arch_header(const Case& of) {
  if (!is_script(of)) return std::nullopt;
  auto text = all_words_of(of.error);
  static constexpr std::array<std::string_view, 12> headers{
      "immintrin.h", "emmintrin.h", "xmmintrin.h", "smmintrin.h", "tmmintrin.h", "x86intrin.h",
      "cpuid.h",     "wmmintrin.h", "arm_neon.h",  "arm_acle.h",  "nmmintrin.h", "altivec.h"};
  for (auto header : headers) {
    if (!contains(text, "fatal error: " + std::string(header)) &&
        !contains(text, "'" + std::string(header) + "' file not found"))
      continue;
    auto out = of_script(of, Cause::foreign_arch_code, Confidence::certain, author(of.failure),
                         "C code for another architecture: <" + std::string(header) + ">");
    out.subject = header;
    say(out, text, header);
    out.mends.push_back(mend(MendKind::rust,
                             "build.rs: leave the file out unless CARGO_CFG_TARGET_ARCH says "
                             "that it is for this architecture"));
    return out;
  }
  for (std::string_view sign :
       {"This header is only meant to be used on x86", "invalid instruction mnemonic",
        "Error: unknown opcode", "Error: no such instruction", "Error: Unrecognized opcode",
        "Error: unrecognized opcode", "unknown register name", "error: invalid 'asm'"}) {
    if (!contains(text, sign)) continue;
    auto out = of_script(of, Cause::foreign_arch_code, Confidence::likely, author(of.failure),
                         "C or assembler code for another architecture");
    say(out, text, sign);
    out.mends.push_back(mend(MendKind::rust,
                             "build.rs: leave the file out unless CARGO_CFG_TARGET_ARCH says "
                             "that it is for this architecture"));
    return out;
  }
  return std::nullopt;
}

std::optional<Diagnosis> pkg_config(const Case& of) {
  if (!is_script(of)) return std::nullopt;
  auto text = all_words_of(of.error);
  if (contains_any(text, {"Could not run `"}) && contains(text, "pkg-config") &&
      contains_any(text, {"No such file or directory", "could not be found", "not found in PATH"}) &&
      !contains(text, "was not found in the pkg-config search path")) {
    auto out = of_script(of, Cause::native_library_missing, Confidence::certain, Fault::environment,
                         "the build script needs pkg-config, which is not there");
    out.subject = "pkg-config";
    say(out, text, "Could not run `");
    out.mends.push_back(mend(MendKind::package, "apt-get install pkg-config"));
    return out;
  }
  std::string name;
  for (auto [before, after] : {std::pair{"The system library `", "` required by crate"},
                               std::pair{"Package ", " was not found in the pkg-config search path"},
                               std::pair{"Package '", "', required by"}})
    if (name = between(text, before, after); !name.empty() && !contains(name, "\n")) break;
  if (!name.empty() && !contains(name, "\n")) {
    auto out = of_script(of, Cause::native_library_missing, Confidence::certain, Fault::environment,
                         "pkg-config does not know `" + name + "` for " + of.evidence.cell.triple);
    out.subject = name;
    say(out, text, "`" + name);
    say(out, text, "Package " + name);
    if (auto install = install_pkg_config(name, of.evidence)) out.mends.push_back(*install);
    out.mends.push_back(matrix_rule(of.evidence, "env: {PKG_CONFIG_LIBDIR: …}", "where its .pc file lies"));
    return out;
  }
  if (!contains(text, "pkg-config has not been configured to support cross-compilation")) return std::nullopt;
  auto out = of_script(of, Cause::native_library_missing, Confidence::certain, Fault::environment,
                       "pkg-config is not set up for " + of.evidence.cell.triple);
  out.subject = "pkg-config";
  say(out, text, "pkg-config has not been configured");
  out.mends.push_back(
      matrix_rule(of.evidence, "env: {PKG_CONFIG_SYSROOT_DIR: …, PKG_CONFIG_LIBDIR: …}", "or `sysroot:`"));
  return out;
}

struct Known {
  std::string_view sign, library, package, title;
};
constexpr std::array<Known, 3> kKnown{
    Known{"Could not find directory of OpenSSL installation", "ssl", "", "OpenSSL was not found"},
    Known{"Unable to find libclang", "clang", "libclang-dev", "libclang was not found"},
    Known{"libclang shared library", "clang", "libclang-dev", "libclang was not found"}};

std::optional<Diagnosis> library_missing(const Case& of) {
  if (!is_script(of)) return std::nullopt;
  auto text = all_words_of(of.error);
  for (const auto& known : kKnown) {
    if (!contains(text, known.sign)) continue;
    auto out = of_script(of, Cause::native_library_missing, Confidence::certain, Fault::environment,
                         std::string(known.title) + " for " + of.evidence.cell.triple);
    out.subject = known.library;
    say(out, text, known.sign);
    if (!known.package.empty())
      out.mends.push_back(mend(MendKind::package, "apt-get install " + std::string(known.package)));
    else if (auto install = install_library(known.library, of.evidence))
      out.mends.push_back(*install);
    return out;
  }
  return std::nullopt;
}

std::optional<Diagnosis> glibc(const Case& of) {
  if (!is_script(of)) return std::nullopt;
  auto text = all_words_of(of.error);
  if (!contains(text, "version `GLIBC_") || !contains(text, "not found")) return std::nullopt;
  auto out = of_script(of, Cause::glibc_too_new, Confidence::certain, Fault::environment,
                       "the build script was built against a newer glibc than this machine has");
  out.subject = "GLIBC_" + between(text, "version `GLIBC_", "'");
  say(out, text, "version `GLIBC_");
  out.mends.push_back(
      mend(MendKind::command, "cargo clean    # the target dir was filled on another system"));
  return out;
}

std::optional<Diagnosis> header_missing(const Case& of) {
  if (!is_script(of)) return std::nullopt;
  auto text = all_words_of(of.error);
  auto header = between(text, "fatal error: ", ": No such file or directory");
  if (header.empty()) header = between(text, "fatal error: '", "' file not found");
  if (header.empty() || contains(header, "\n")) return std::nullopt;
  // A header of the C library itself: there is no sysroot.
  bool libc = header == "stdio.h" || header == "stdlib.h" || header == "string.h" ||
              header == "sys/types.h" || header == "stdint.h" || header == "bits/libc-header-start.h" ||
              header == "features.h";
  auto out = of_script(of, Cause::native_library_missing, libc ? Confidence::certain : Confidence::likely,
                       Fault::environment,
                       "the C header <" + header + "> is not there for " + of.evidence.cell.triple);
  out.subject = header;
  say(out, text, header);
  if (libc)
    out.mends = linker_mends(of.evidence);
  else
    out.mends.push_back(mend(MendKind::command, "apt-file search --regexp '/" + header + "$'"));
  return out;
}

// The word on a line that names a compiler: "failed to run powerpc-linux-gnu-gcc: No such file …".
std::string compiler_in(std::string_view line) {
  std::string plain(line);
  for (char& c : plain)
    if (std::string_view("`'\"(),:;").find(c) != std::string_view::npos) c = ' ';
  for (const auto& word : split_words(plain))
    if (is_compiler(word)) return word;
  return {};
}

std::optional<Diagnosis> program_missing(const Case& of) {
  if (!is_script(of)) return std::nullopt;
  auto text = all_words_of(of.error);
  std::string program, sign;
  for (const char* words : {"No such file or directory (os error 2)", "kind: NotFound"})
    if (contains(text, words)) sign = words;
  if (sign.empty()) return std::nullopt;
  program = compiler_in(line_with(text, sign));
  bool named = !program.empty();
  if (const auto* script = script_text(of); script && !named)
    program = between(*script, "Command::new(\"", "\"");
  if (program.empty()) return std::nullopt;
  bool compiler = is_compiler(program);
  auto out = of_script(of, compiler ? Cause::c_compiler_missing : Cause::build_script_failed,
                       named ? Confidence::certain : Confidence::likely, Fault::environment,
                       "the build script starts `" + program + "`, which seems not to be there");
  if (compiler) out.mends.push_back(matrix_rule(of.evidence, "env: {CC: …}", "a C compiler for this triple"));
  out.subject = program;
  say(out, text, sign);
  if (auto install = install_program(program)) out.mends.push_back(*install);
  return out;
}

std::optional<Diagnosis> other(const Case& of) {
  if (!is_script(of)) return std::nullopt;
  auto words =
      of.error.message.substr(std::min(of.error.message.find("failed: ") + 8, of.error.message.size()));
  auto out = of_script(of, Cause::build_script_failed, Confidence::certain, author(of.failure),
                       of.error.message.substr(0, 300));
  // No subject: its words can hold paths and triples.
  if (auto line = line_with(of.error.rendered, "panicked at"); !line.empty())
    out.evidence.push_back(log_item(line));
  if (!words.empty()) out.evidence.push_back(log_item(words));
  if (of.failure.foreign())
    for (auto& m : around_dependency(of.evidence, *of.failure.about, "")) out.mends.push_back(std::move(m));
  return out;
}

// It compiled a program for the triple and started it here.
std::optional<Diagnosis> starts_foreign(const Case& of) {
  if (!is_script(of)) return std::nullopt;
  auto text = all_words_of(of.error);
  for (std::string_view sign : {"Exec format error", "(os error 8)", "cannot execute binary file"}) {
    if (!contains(text, sign)) continue;
    auto out =
        of_script(of, Cause::build_script_host, Confidence::likely, author(of.failure),
                  "the build script starts a program of " + of.evidence.cell.triple + " on this machine");
    out.subject = "build script";
    say(out, text, sign);
    out.mends.push_back(
        mend(MendKind::rust, "build.rs: ask CARGO_CFG_… in the place of a program that runs"));
    return out;
  }
  return std::nullopt;
}

constexpr std::array<Rule, 9> table{glibc,          compiler_missing, compiler_wrong,
                                    arch_header,    pkg_config,       library_missing,
                                    header_missing, starts_foreign,   program_missing};
constexpr std::array<Rule, 1> last{other};

// --- what a build script decided for the wrong system

std::optional<Diagnosis> host_cfg(const Case& of) {
  if (!of.in_source() || !of.failure.about) return std::nullopt;
  const auto* script = script_text(of);
  if (!script || !contains(*script, "rustc-cfg") || !asks_the_host(*script)) return std::nullopt;
  for (const auto& gate : of.sources.gates(of.error.file, of.error.line, of.error.column)) {
    for (auto& word : split_words(replace_all(gate.predicate, "(", " ( "))) {
      auto name = word.substr(0, word.find_first_of(",)=(\""));
      bool printed = name.size() > 2 && has_word(*script, name) && name != "not" && name != "feature";
      bool of_rustc = false;
      for (const auto& line : of.evidence.cfg)
        of_rustc = of_rustc || line == name || line.starts_with(name + "=");
      if (!printed || of_rustc || contains(name, "target_")) continue;
      auto out = found(of, Cause::build_script_host, Confidence::likely);
      out.subject = name;
      out.cfg = gate.predicate;
      out.title = "build.rs sets `" + name + "` by looking at the host, not at " + of.evidence.cell.triple;
      Span at;
      at.file = of.error.file;
      at.line = gate.line;
      out.evidence.push_back(span_item(at, "#[cfg(" + gate.predicate + ")]"));
      at.file = shown_directory(of.evidence, *of.failure.about) + "/build.rs";
      at.line = 0;
      out.evidence.push_back(span_item(at, line_with(*script, "cfg!(")));
      out.mends.push_back(mend(MendKind::rust,
                               "build.rs: std::env::var(\"CARGO_CFG_TARGET_ARCH\") (or …_OS, …_FAMILY) "
                               "in the place of cfg!(target_…): cfg of a build script is the host's"));
      return out;
    }
  }
  return std::nullopt;
}

constexpr std::array<Rule, 1> host_table{host_cfg};

}  // namespace

std::span<const Rule> native_rules() { return table; }
std::span<const Rule> script_rules() { return last; }
std::span<const Rule> host_rules() { return host_table; }

}  // namespace tripled::diagnosis
