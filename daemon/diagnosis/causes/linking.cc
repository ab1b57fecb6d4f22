// Linkers: GNU ld, gold, lld, Apple's ld and link.exe behind rustc ("linking with `X` failed"). The notes of
// the error are the linker's own words.
#include <algorithm>
#include <array>
#include <set>

#include "daemon/diagnosis/causes/linker_words.h"
#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/rules.h"
#include "daemon/diagnosis/causes/scripts.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

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

constexpr std::array<std::string_view, 15> kWrong{"unrecognized command-line option",
                                                  "unrecognized command line option",
                                                  "elocations in generic ELF",
                                                  "file in wrong format",
                                                  "file format not recognized",
                                                  "is incompatible with",
                                                  "skipping incompatible",
                                                  "unknown file type",
                                                  "unrecognised emulation mode",
                                                  "unrecognized option '-m",
                                                  "unrecognized option '-Wl",
                                                  "unknown argument: -m",
                                                  "unknown argument '-m",
                                                  "error adding symbols: file in wrong format",
                                                  "wrong ELF class"};

// A build script compiled C for this machine and not for the triple: the linker passes its library over.
std::optional<Diagnosis> made_for_host(const Case& of) {
  auto machine = of.evidence.machine.find("machine");
  if (!is_linking(of) || machine == of.evidence.machine.end() ||
      of.evidence.cell.triple.starts_with(machine->second + "-"))
    return std::nullopt;
  auto text = words_of(of.error);
  auto library = first_library(text);
  std::string refused, maker;  // what lies in an OUT_DIR is made by a build script
  for (const auto& line : split(text, '\n'))
    for (auto sign : kWrong)
      if (contains(line, sign) && contains(line, "/build/") && contains(line, "/out/") && refused.empty())
        refused = std::string(trim(line));
  for (const auto& [file, script] : of.evidence.files)
    if (maker.empty() && file.ends_with("build.rs") && contains(script, "rustc-link-lib") &&
        (calls_compiler(script) || asks_the_host(script)) && !library.empty() && has_word(script, library))
      maker = file;
  if (refused.empty() && maker.empty()) return std::nullopt;
  auto out = found(of, Cause::build_script_host, Confidence::likely);
  out.subject = library.empty() ? "object of a build script" : library;
  out.title = "a build script made or chose `" + out.subject + "` for this machine, not for " +
              of.evidence.cell.triple;
  if (!refused.empty()) out.evidence.push_back(log_item(refused));
  say(out, text, "cannot find -l");
  if (!maker.empty()) {
    Span at;
    at.file = maker;
    out.evidence.push_back(span_item(at, line_with(*of.evidence.file(maker), library)));
  }
  out.mends.push_back(mend(MendKind::rust,
                           "build.rs: the cc crate in the place of a compiler by name, or the compiler that "
                           "CC_<triple> names"));
  return out;
}

// The matrix asks for a linker, and cargo's own choice was called: the one that was asked for is not there.
std::optional<Diagnosis> not_the_one_asked_for(const Case& of, const std::string& program) {
  const auto& wanted = of.evidence.cell.settings.linker;
  auto name = [](const std::string& path) { return path.substr(path.rfind('/') + 1); };
  if (wanted.empty() || name(wanted) == name(program)) return std::nullopt;
  auto out =
      of_linker(of, Cause::linker_missing, Confidence::likely,
                "the linker `" + wanted + "` of the matrix was not found; cargo called `" + program + "`");
  out.subject = wanted;
  if (auto install = install_program(wanted)) out.mends.push_back(*install);
  for (auto& m : linker_mends(of.evidence)) out.mends.push_back(std::move(m));
  return out;
}

// The option stands in a manifest, a build script or cargo's configuration of the project.
bool is_given_by_project(const Evidence& evidence, const std::string& line) {
  auto dash = line.rfind(" '-") == std::string::npos ? line.rfind(" ‘-") : line.rfind(" '-");
  if (dash == std::string::npos) return false;
  auto rest = line.substr(line.find('-', dash));
  auto option = rest.substr(0, rest.find_first_of("'’ ="));
  if (option.size() < 3) return false;
  return contains(evidence.configuration, option) ||
         std::any_of(evidence.files.begin(), evidence.files.end(), [&](const auto& file) {
           return (file.first.ends_with("build.rs") || file.first.ends_with(".toml")) &&
                  contains(file.second, option);
         });
}

std::optional<Diagnosis> wrong(const Case& of) {
  if (!is_linking(of)) return std::nullopt;
  auto text = words_of(of.error);
  for (auto sign : kWrong) {
    if (!contains(text, sign)) continue;
    auto program = quoted(of.error.message);
    // A library for another machine was passed over, and none for this one found.
    if (sign == "skipping incompatible" && !first_library(text).empty() && !is_of_host(program, of.evidence))
      continue;
    if (auto out = not_the_one_asked_for(of, program)) {
      say(*out, text, sign);
      return out;
    }
    auto out = of_linker(of, Cause::linker_wrong, Confidence::certain,
                         "`" + program + "` links for another machine than " + of.evidence.cell.triple);
    bool option = contains(sign, "unrecognized command");
    if (option && !contains_any(text, {"option '-m", "option ‘-m", "option `-m"})) {
      out.confidence = Confidence::likely;
      out.title = "`" + program + "` does not know an option that it is given";
      if (is_given_by_project(of.evidence, line_with(text, sign))) out.fault = Fault::project;
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

// A linker itself, not a compiler that drives it.
bool is_bare(const std::string& program) {
  auto name = program.substr(program.rfind('/') + 1);
  static constexpr std::array<std::string_view, 7> own{"ld",  "ld.bfd",   "ld.gold", "ld.lld",
                                                       "lld", "rust-lld", "mold"};
  return std::find(own.begin(), own.end(), name) != own.end() || name.ends_with("-ld");
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
  auto program = quoted(of.error.message);
  if (is_bare(program)) {
    auto out = of_linker(of, Cause::linker_wrong, Confidence::likely,
                         "`" + program +
                             "` is a bare linker: it knows no C library and no startup files; a C "
                             "compiler that calls it does");
    out.subject = program;
    say(out, text, "cannot ");
    say(out, text, "unable to find");
    out.mends = linker_mends(of.evidence);
    return out;
  }
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

// Words of the worker's preflight, when nothing was linked for want of a linker.
std::optional<Diagnosis> of_setup(const Case& of) {
  if (!of.failure.package.empty() || !of.error.code.empty() || !of.error.file.empty()) return std::nullopt;
  const auto& text = of.error.message;
  auto cause = Cause::unknown;
  if (contains(text, "linker") && contains_any(text, {" not found", "is not there"}))
    cause = Cause::linker_missing;
  else if (contains_any(
               text, {"is for another machine than", "makes programs for another machine", "is not one for"}))
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

constexpr std::array<Rule, 8> table{static_library, dlltool, of_setup,   missing,
                                    made_for_host,  wrong,   no_sysroot, library_missing};

}  // namespace

std::span<const Rule> linking_rules() { return table; }

}  // namespace tripled::diagnosis
