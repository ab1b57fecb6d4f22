// Linkers: GNU ld, gold, lld, Apple's ld and link.exe behind rustc ("linking with `X` failed"). The notes of
// the error are the linker's own words.
#include <algorithm>
#include <array>
#include <set>

#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/rules.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

bool is_linking(const Case& of) {
  return of.error.code.empty() &&
         (of.error.message.starts_with("linking with ") || of.error.message.starts_with("linker `") ||
          of.error.message.starts_with("could not exec the linker"));
}

Diagnosis of_linker(const Case& of, Cause cause, Confidence confidence, std::string title) {
  auto out = found(of, cause, confidence);
  out.fault = Fault::environment;
  out.title = std::move(title);
  return out;
}

void say(Diagnosis& out, const std::string& text, std::string_view sign) {
  if (auto line = line_with(text, sign); !line.empty()) out.evidence.push_back(log_item(line));
}

std::optional<Diagnosis> missing(const Case& of) {
  if (!is_linking(of)) return std::nullopt;
  auto text = words_of(of.error);
  auto program = quoted(of.error.message);
  bool absent = of.error.message.starts_with("linker `") && contains(of.error.message, "not found");
  bool behind = contains(text, "fatal error: cannot find 'ld'");
  bool refused = of.error.message.starts_with("could not exec the linker");
  if (!absent && !behind && !refused) return std::nullopt;
  auto out =
      of_linker(of, Cause::linker_missing, Confidence::certain,
                refused ? "the linker `" + program + "` cannot be executed"
                        : "the linker `" + (behind ? "ld behind " + program : program) + "` is not there");
  out.subject = program;
  if (behind) say(out, text, "cannot find 'ld'");
  if (auto install = install_program(behind ? "ld.lld" : program)) out.mends.push_back(*install);
  for (auto& m : linker_mends(of.evidence)) out.mends.push_back(std::move(m));
  return out;
}

// `cc` makes programs of its own machine; for 32-bit x86 it has -m32.
bool is_of_host(const std::string& program, const Evidence& evidence) {
  if (program != "cc" && program != "gcc") return false;
  auto machine = evidence.machine.find("machine");
  if (machine == evidence.machine.end()) return false;
  const auto& triple = evidence.cell.triple;
  if (!contains(triple, "-linux-")) return true;
  auto arch = triple.substr(0, triple.find('-'));
  bool x86 = machine->second == "x86_64" && (arch == "i686" || arch == "i586" || arch == "i386");
  return arch != machine->second && !x86;
}

std::string first_library(std::string_view text) {
  std::set<std::string> names;  // the same for every order of lines
  for (std::string_view marker : {"cannot find -l", "unable to find library -l", "library not found for -l",
                                  "could not find library -l", "ld: library '", "cannot open input file '"}) {
    for (auto at = text.find(marker); at != std::string_view::npos; at = text.find(marker, at + 1)) {
      auto rest = text.substr(at + marker.size());
      auto name = std::string(rest.substr(0, rest.find_first_of(" \t\r\n:;,'\"`")));
      if (!name.empty()) names.insert(name);
    }
  }
  if (names.empty()) return {};
  auto name = *names.begin();
  if (name.ends_with(".lib")) name.resize(name.size() - 4);  // link.exe: LNK1181
  return name;
}

constexpr std::array<std::string_view, 12> kWrong{"unrecognized command-line option",
                                                  "unrecognized command line option",
                                                  "elocations in generic ELF",
                                                  "file in wrong format",
                                                  "file format not recognized",
                                                  "is incompatible with",
                                                  "skipping incompatible",
                                                  "unknown file type",
                                                  "unrecognised emulation mode",
                                                  "unrecognized option '-m",
                                                  "error adding symbols: file in wrong format",
                                                  "wrong ELF class"};

std::optional<Diagnosis> wrong(const Case& of) {
  if (!is_linking(of)) return std::nullopt;
  auto text = words_of(of.error);
  for (auto sign : kWrong) {
    if (!contains(text, sign)) continue;
    auto program = quoted(of.error.message);
    // A library for another machine was passed over, and none for this one found.
    if (sign == "skipping incompatible" && !first_library(text).empty() && !is_of_host(program, of.evidence))
      continue;
    auto out = of_linker(of, Cause::linker_wrong, Confidence::certain,
                         "`" + program + "` links for another machine than " + of.evidence.cell.triple);
    bool option = contains(sign, "unrecognized command");
    if (option && !contains_any(text, {"option '-m", "option ‘-m", "option `-m"})) {
      out.confidence = Confidence::likely;
      out.title = "`" + program + "` does not know an option that it is given";
    }
    // A library for another machine that is found first is skipped, too; then the linker itself may be right.
    if (sign == "skipping incompatible") out.confidence = Confidence::likely;
    out.subject = program;
    say(out, text, sign);
    out.mends = linker_mends(of.evidence);
    return out;
  }
  return std::nullopt;
}

bool is_of_libc(std::string_view library) {
  static constexpr std::array<std::string_view, 9> own{"c",    "m",   "pthread", "dl",    "rt",
                                                       "util", "gcc", "gcc_s",   "gcc_eh"};
  return std::find(own.begin(), own.end(), library) != own.end();
}

// No C library at all: startup files or libc itself are not found.
std::optional<Diagnosis> no_sysroot(const Case& of) {
  if (!is_linking(of)) return std::nullopt;
  auto text = words_of(of.error);
  std::string file;
  for (const char* name : {"crt1.o", "Scrt1.o", "rcrt1.o", "crti.o", "crtbegin.o", "crtbeginS.o", "libgcc.a"})
    if (contains(text, std::string("cannot find ") + name) ||
        contains(text, std::string("cannot open ") + name))
      file = name;
  auto library = first_library(text);
  if (file.empty() && !is_of_libc(library)) return std::nullopt;
  auto out = of_linker(of, Cause::native_library_missing, Confidence::certain,
                       "there is no C library for " + of.evidence.cell.triple + " where the linker looks");
  out.subject = file.empty() ? "lib" + library : file;
  say(out, text, "cannot ");
  say(out, text, "unable to find");
  out.mends = linker_mends(of.evidence);
  return out;
}

std::optional<Diagnosis> library_missing(const Case& of) {
  if (!is_linking(of)) return std::nullopt;
  auto text = words_of(of.error);
  auto library = first_library(text);
  if (library.empty()) return std::nullopt;
  auto program = quoted(of.error.message);
  if (is_of_host(program, of.evidence)) {
    auto out =
        of_linker(of, Cause::linker_wrong, Confidence::likely,
                  "`" + program + "` of this machine was asked to link for " + of.evidence.cell.triple);
    out.subject = program;
    say(out, text, "-l" + library);
    out.mends = linker_mends(of.evidence);
    return out;
  }
  auto out = of_linker(of, Cause::native_library_missing, Confidence::certain,
                       "the native library `" + library + "` is not there for " + of.evidence.cell.triple);
  out.subject = library;
  for (const char* sign : {"cannot find -l", "unable to find library -l", "library not found for -l",
                           "could not find library -l", "ld: library '"})
    say(out, text, sign);
  if (auto install = install_library(library, of.evidence)) out.mends.push_back(*install);
  out.mends.push_back(matrix_rule(of.evidence, "sysroot: /path/to/sysroot", "that has lib" + library));
  return out;
}

// rustc itself looks for static libraries before any linker runs.
std::optional<Diagnosis> static_library(const Case& of) {
  if (!of.error.code.empty() || of.in_source()) return std::nullopt;
  auto library = between(of.error.message, "could not find native static library `", "`");
  if (library.empty()) return std::nullopt;
  auto out = of_linker(of, Cause::native_library_missing, Confidence::certain,
                       "the static library `" + library + "` is not there for " + of.evidence.cell.triple);
  out.subject = library;
  if (auto install = install_library(library, of.evidence)) out.mends.push_back(*install);
  out.mends.push_back(matrix_rule(of.evidence, "sysroot: /path/to/sysroot", "that has lib" + library + ".a"));
  return out;
}

// raw-dylib on windows-gnu: an import library is made by binutils' dlltool.
std::optional<Diagnosis> dlltool(const Case& of) {
  auto text = of.error.message;
  if (!of.error.code.empty() || !contains_any(text, {"error calling dlltool", "Dlltool could not"}))
    return std::nullopt;
  auto program = between(text, "dlltool '", "'");
  if (program.empty()) program = "dlltool";
  auto out = of_linker(of, Cause::linker_missing, Confidence::certain,
                       "`" + program + "`, which makes import libraries, is not there");
  if (contains(text, "could not import") || contains(text, "Dlltool could not")) {
    out.confidence = Confidence::likely;
    out.title = "`" + program + "` could not make an import library";
  }
  out.subject = program;
  if (auto install = install_program(program)) out.mends.push_back(*install);
  return out;
}

std::set<std::string> undefined(std::string_view text) {
  std::set<std::string> out;
  for (auto [before, ends] :
       {std::pair{"undefined reference to `", "'`"}, std::pair{"undefined reference to '", "'"},
        std::pair{"undefined symbol: ", "\n \t"}, std::pair{"unresolved external symbol ", "\n \t"}}) {
    std::string_view marker = before;
    for (auto at = text.find(marker); at != std::string_view::npos; at = text.find(marker, at + 1)) {
      auto rest = text.substr(at + marker.size());
      auto name = std::string(rest.substr(0, rest.find_first_of(ends)));
      if (!name.empty()) out.insert(name);
    }
  }
  // Apple: Undefined symbols for architecture arm64:\n  "_foo", referenced from:
  for (auto at = text.find("\", referenced from"); at != std::string_view::npos;
       at = text.find("\", referenced from", at + 1)) {
    auto open = text.rfind('"', at - 1);
    if (open != std::string_view::npos) out.insert(std::string(text.substr(open + 1, at - open - 1)));
  }
  return out;
}

std::optional<Diagnosis> newer_glibc(const Case& of) {
  if (!is_linking(of)) return std::nullopt;
  auto text = words_of(of.error);
  auto symbols = undefined(text);
  auto versioned = std::find_if(symbols.begin(), symbols.end(), [](const std::string& s) {
    return contains(s, "@GLIBC_") || contains(s, "@@GLIBC_");
  });
  bool said = contains(text, "version `GLIBC_") || contains(text, "version 'GLIBC_");
  if (versioned == symbols.end() && !said) return std::nullopt;
  auto out = of_linker(of, Cause::glibc_too_new, Confidence::certain,
                       "something was built against a newer glibc than the sysroot has");
  out.subject = versioned != symbols.end() ? *versioned : "GLIBC_" + between(text, "GLIBC_", "'");
  say(out, text, "GLIBC_");
  out.mends.push_back(matrix_rule(of.evidence, "sysroot: /path/to/sysroot", "with a newer glibc"));
  return out;
}

// libatomic's and the compiler's helpers for atomics that the machine lacks.
std::optional<Diagnosis> undefined_atomics(const Case& of) {
  if (!is_linking(of)) return std::nullopt;
  auto text = words_of(of.error);
  for (const auto& symbol : undefined(text)) {
    if (!symbol.starts_with("__atomic_") && !symbol.starts_with("__sync_")) continue;
    auto out = of_linker(of, Cause::atomics_missing, Confidence::certain,
                         "`" + symbol + "`: an atomic that " + of.evidence.cell.triple +
                             " does in libatomic, which is not linked");
    out.fault = author(of.failure);
    out.subject = symbol;
    say(out, text, symbol);
    out.mends.push_back(mend(MendKind::rust, "build.rs: println!(\"cargo::rustc-link-lib=atomic\");"));
    return out;
  }
  return std::nullopt;
}

std::optional<Diagnosis> undefined_symbols(const Case& of) {
  if (!is_linking(of)) return std::nullopt;
  auto text = words_of(of.error);
  auto symbols = undefined(text);
  if (symbols.empty()) return std::nullopt;
  auto out = of_linker(of, Cause::undefined_symbols, Confidence::certain, "");
  out.fault = author(of.failure);
  out.subject = *symbols.begin();
  out.title = "undefined symbol `" + out.subject + "`" +
              (symbols.size() > 1 ? " and " + std::to_string(symbols.size() - 1) + " more" : "");
  std::size_t told = 0;
  for (const auto& symbol : symbols)
    if (++told <= 8) say(out, text, symbol);
  out.mends.push_back(mend(
      MendKind::rust, "declare the library that has `" + out.subject +
                          "`: #[link(name = \"…\")], or cargo::rustc-link-lib in build.rs; or keep its use "
                          "behind a cfg that holds where the symbol exists"));
  return out;
}

// Definitions that meet twice are the code's own; most often two versions of a native library.
std::optional<Diagnosis> defined_twice(const Case& of) {
  if (!is_linking(of)) return std::nullopt;
  auto text = words_of(of.error);
  if (!contains_any(text, {"multiple definition of", "duplicate symbol"})) return std::nullopt;
  auto out = of_linker(of, Cause::mixed_versions, Confidence::guess, "a symbol is defined twice");
  out.fault = author(of.failure);
  out.subject = between(text, "multiple definition of `", "'");
  if (out.subject.empty()) out.subject = between(text, "duplicate symbol: ", "\n");
  say(out, text, out.subject);
  out.mends.push_back(mend(MendKind::command, "cargo tree -d --target " + of.evidence.cell.triple));
  return out;
}

// Words of the worker's preflight, when nothing was linked for want of a linker.
std::optional<Diagnosis> of_setup(const Case& of) {
  if (!of.failure.package.empty() || !of.error.code.empty() || !of.error.file.empty()) return std::nullopt;
  const auto& text = of.error.message;
  auto cause = Cause::unknown;
  if (contains(text, "linker") && contains_any(text, {" not found", "is not there"}))
    cause = Cause::linker_missing;
  else if (contains_any(text, {"is for another machine than", "makes programs for another machine"}))
    cause = Cause::linker_wrong;
  else if (contains_any(text, {"finds no libc for", "brings no crt and libc"}))
    cause = Cause::native_library_missing;
  if (cause == Cause::unknown) return std::nullopt;
  auto out = of_linker(of, cause, Confidence::certain, text);
  out.subject = quoted(text).empty() ? "linker" : quoted(text);
  if (!of.evidence.broken_fix.empty()) out.mends.push_back(mend(MendKind::command, of.evidence.broken_fix));
  for (auto& m : linker_mends(of.evidence)) out.mends.push_back(std::move(m));
  return out;
}

constexpr std::array<Rule, 11> table{
    static_library, dlltool,         of_setup,          missing,           newer_glibc,  wrong,
    no_sysroot,     library_missing, undefined_atomics, undefined_symbols, defined_twice};

}  // namespace

std::span<const Rule> linking_rules() { return table; }

}  // namespace tripled::diagnosis
