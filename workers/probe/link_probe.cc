#include "workers/probe/link_probe.h"

#include <fmt/format.h>

#include "schema/base/file.h"
#include "schema/base/text.h"
#include "workers/probe/program.h"

namespace tripled::probe {
namespace {

constexpr Millis kCompileLimit{60'000};

std::string linker_words(const ChosenTools& tools) {
  return tools.linker.name.empty() ? "rustc's default linker" : "linker `" + tools.linker.name + "`";
}

std::string packages_fix(const SetupSpec& spec, bool linker, bool sysroot) {
  const auto& packages = spec.catalogue.packages;
  std::vector<PackageChoices> parts;
  if (linker) parts.push_back(packages.linker);
  if (sysroot) parts.push_back(packages.sysroot);
  auto line = install_line(parts);
  return line.empty() ? matrix_line(spec.triple, "linker: /path/to/linker") : line;
}

LinkedProbe refused(Ability ability) {
  LinkedProbe out;
  out.ability = std::move(ability);
  return out;
}

// Looks at the file a compiler said it made.
LinkedProbe examined(const SetupSpec& spec, const ChosenTools& tools, std::filesystem::path program,
                     const std::string& made_by, ProbeShell& shell) {
  LinkedProbe out;
  auto file = read_executable(program);
  if (!file) return refused({false, made_by + " made no program: " + file.error().message(), ""});
  out.file = file.value();
  shell.note(program.filename().string() + " is " + out.file.describe() +
             (out.file.interpreter.empty() ? "" : ", interpreter " + out.file.interpreter));
  const auto* facts = spec.toolchain.find(spec.triple);
  auto mismatch = facts == nullptr ? "" : machine_mismatch(out.file, *facts);
  if (!mismatch.empty()) {
    auto fix = tools.linker.origin == ToolOrigin::matrix && !spec.catalogue.linkers.empty()
                   ? matrix_line(spec.triple, "linker: " + spec.catalogue.linkers.front())
                   : packages_fix(spec, true, false);
    return refused({false, made_by + " makes programs for another machine: " + mismatch, fix});
  }
  out.ability.ok = true;
  out.program = std::move(program);
  return out;
}

// What binutils and gcc print when they are made for another machine.
bool speaks_of_another_machine(std::string_view output) {
  for (const char* text : {"Relocations in generic ELF", "file in wrong format", "incompatible with",
                           "unrecognised emulation mode", "unrecognized command-line option '-m",
                           "unrecognized command-line option ‘-m", "is incompatible"})
    if (contains(output, text)) return true;
  return false;
}

bool lacks_libc(std::string_view output) {
  for (const char* text :
       {"cannot find crt1.o", "cannot find Scrt1.o", "cannot find crti.o", "cannot find -lc",
        "stdio.h: No such file", "cannot open crt1.o", "unable to find library -lc"})
    if (contains(output, text)) return true;
  return false;
}

// The line that says most: the linker's own error, not rustc's repetition of the command line.
std::string telling_line(std::string_view output) {
  for (const char* mark : {"cannot find", "undefined reference", "undefined symbol", "wrong format",
                           "ld: error", "ld returned", "error: unrecognized", "fatal error", "error:"})
    for (const auto& line : split(output, '\n'))
      if (contains(line, mark) && !contains(line, "error: linking with")) return first_line(line);
  return first_line(output);
}

}  // namespace

Ability linker_missing(const SetupSpec& spec, const ChosenTools& tools) {
  auto reason = linker_words(tools) + " not found";
  switch (tools.linker.origin) {
    case ToolOrigin::matrix:
      return {false, reason + " (`linker` of the matrix)",
              spec.catalogue.linkers.empty()
                  ? matrix_line(spec.triple, "linker: /path/to/linker")
                  : matrix_line(spec.triple, "linker: " + spec.catalogue.linkers.front())};
    case ToolOrigin::project:
      return {false, reason + " (the project's cargo configuration names it)",
              spec.catalogue.linkers.empty()
                  ? matrix_line(spec.triple, "linker: /path/to/linker")
                  : matrix_line(spec.triple, "linker: " + spec.catalogue.linkers.front())};
    case ToolOrigin::cargo_default:
      return {false, reason, "apt-get install gcc libc6-dev"};
    case ToolOrigin::none:
    case ToolOrigin::catalogue:
      break;
  }
  return {false, reason, packages_fix(spec, true, true)};
}

Ability explain_link_failure(const SetupSpec& spec, const ChosenTools& tools, std::string_view output) {
  if (contains(output, "error: linker `") && contains(output, "not found"))
    return linker_missing(spec, tools);
  if (speaks_of_another_machine(output)) {
    auto fix = tools.linker.origin == ToolOrigin::matrix && !spec.catalogue.linkers.empty()
                   ? matrix_line(spec.triple, "linker: " + spec.catalogue.linkers.front())
                   : packages_fix(spec, true, true);
    return {false,
            fmt::format("{} is for another machine than {}: {}", linker_words(tools), spec.triple,
                        telling_line(output)),
            fix};
  }
  if (lacks_libc(output))
    return {
        false,
        fmt::format("{} finds no libc for {}: {}", linker_words(tools), spec.triple, telling_line(output)),
        packages_fix(spec, false, true)};
  return {false,
          fmt::format("{} cannot link a program for {}: {}", linker_words(tools), spec.triple,
                      telling_line(output)),
          packages_fix(spec, true, true)};
}

LinkedProbe link_rust_probe(const SetupSpec& spec, const ChosenTools& tools, const SetupResult& setup,
                            ProbeShell& shell) {
  auto dir = shell.scratch();
  if (!dir) return refused({false, dir.error().message(), ""});
  bool core = setup.std_mode == "core";
  auto source = dir.value() / "probe.rs", program = dir.value() / "probe-rust";
  if (auto written = write_file_atomically(source, core ? kRustCoreProbe : kRustProbe); !written)
    return refused({false, written.error().message(), ""});
  std::vector<std::string> argv = {setup.view + "/bin/rustc",
                                   "--edition=2021",
                                   "--crate-name=tripled_probe",
                                   "--target=" + spec.triple,
                                   "-o",
                                   program.string()};
  if (core) argv.push_back("-Cpanic=abort");
  auto linker = linker_word(tools);
  if (tools.linker.origin == ToolOrigin::project) linker = tools.linker.name;  // as cargo would pass it on
  if (!linker.empty()) argv.push_back("-Clinker=" + linker);
  argv.push_back(source.string());
  auto ran = shell.run_twice(argv, {}, kCompileLimit);
  if (!ran.succeeded()) {
    if (ran.result.kind != exec::OutcomeKind::exited)
      return refused({false, "linking a probe: rustc " + exec::describe(ran.result), ""});
    return refused(explain_link_failure(spec, tools, ran.err));
  }
  auto out = examined(spec, tools, program, linker_words(tools), shell);
  out.has_std = !core;
  return out;
}

namespace {

bool is_posix(const TripleFacts* facts) {
  return facts == nullptr ||
         (facts->os != "windows" && facts->os != "uefi" && facts->arch.rfind("wasm", 0) != 0);
}

LinkedProbe without_c_compiler(const SetupSpec& spec, const ChosenTools& tools) {
  const auto* facts = spec.toolchain.find(spec.triple);
  if (facts != nullptr && facts->env == "musl")
    return refused(
        {false,
         fmt::format("a std built from rust-src brings no crt and libc of musl, and `{}`, which would, "
                     "is not found",
                     tools.cc.name),
         matrix_line(spec.triple, "linker: /path/to/" + tools.cc.name)});
  LinkedProbe out;
  out.ability = {true,
                 fmt::format("{} is there, not tried: there is neither a std nor a C compiler for {}",
                             linker_words(tools), spec.triple),
                 ""};
  return out;
}

std::vector<std::string> c_command(const SetupSpec& spec, const ChosenTools& tools, const std::string& source,
                                   const std::string& program) {
  std::vector<std::string> argv = {tools.cc.path, "-o", program, source};
  const auto* facts = spec.toolchain.find(spec.triple);
  if (is_posix(facts)) argv.push_back("-pthread");
  if (facts == nullptr || facts->os != "linux") return argv;
  // Programs with Rust's std need libgcc_s; without it on the machine that runs them they do not start.
  if (facts->env == "gnu") argv.insert(argv.end(), {"-Wl,--no-as-needed", "-lgcc_s"});
  if (facts->env == "musl") argv.push_back("-static");
  return argv;
}

}  // namespace

LinkedProbe link_c_probe(const SetupSpec& spec, const ChosenTools& tools, ProbeShell& shell) {
  if (!tools.cc.found()) return without_c_compiler(spec, tools);
  auto dir = shell.scratch();
  if (!dir) return refused({false, dir.error().message(), ""});
  bool posix = is_posix(spec.toolchain.find(spec.triple));
  auto source = dir.value() / "probe.c", program = dir.value() / "probe-c";
  if (auto written = write_file_atomically(source, posix ? kCProbe : kCHelloProbe); !written)
    return refused({false, written.error().message(), ""});
  auto ran = shell.run_twice(c_command(spec, tools, source.string(), program.string()), {}, kCompileLimit);
  if (!ran.succeeded()) {
    if (ran.result.kind != exec::OutcomeKind::exited)
      return refused({false, "linking a C probe: " + tools.cc.name + " " + exec::describe(ran.result), ""});
    return refused(explain_link_failure(spec, tools, ran.err));
  }
  auto out = examined(spec, tools, program, "C compiler `" + tools.cc.name + "`", shell);
  out.hello_only = !posix;
  return out;
}

}  // namespace tripled::probe
