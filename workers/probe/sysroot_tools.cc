#include "workers/probe/sysroot_tools.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "schema/base/text.h"

namespace tripled::probe {
namespace {

namespace fs = std::filesystem;

bool is_clang(const std::string& file_name) { return contains(file_name, "clang"); }

bool takes_sysroot(const std::string& file_name) {
  for (const char* other : {"lld-link", "link.exe", "wasm-ld", "wasm-component-ld"})
    if (file_name == other) return false;
  for (const char* known : {"gcc", "g++", "clang", "cc", "c++", "ld"})
    if (contains(file_name, known)) return true;
  return false;
}

// LLVM has no architecture riscv64gc: extensions are no part of its triples.
std::string llvm_triple(const std::string& triple) {
  auto dash = triple.find('-');
  auto arch = triple.substr(0, dash);
  if (arch.rfind("riscv32", 0) == 0) arch = "riscv32";
  if (arch.rfind("riscv64", 0) == 0) arch = "riscv64";
  return arch + (dash == std::string::npos ? "" : triple.substr(dash));
}

std::string script_for(const SetupSpec& spec, const ChosenTools& tools, const ChosenTool& tool) {
  auto file_name = fs::path(tool.path).filename().string();
  std::string script = "#!/bin/sh\nexec " + shell_quote(tool.path);
  if (is_clang(file_name) && !tools.host) script += " " + shell_quote("--target=" + llvm_triple(spec.triple));
  if (file_name == "rust-lld") script += " -flavor gnu";
  return script + " " + shell_quote("--sysroot=" + tools.sysroot) + " \"$@\"\n";
}

// Another process may run it as soon as it stands there, so it does not appear before it may be run.
Status write_program(const fs::path& path, const std::string& script) {
  TRIPLED_TRY(make_directories(path.parent_path()));
  auto fresh = path.string() + "." + std::to_string(::getpid());
  TRIPLED_TRY(write_file_atomically(fresh, script));
  if (::chmod(fresh.c_str(), 0755) != 0 || ::rename(fresh.c_str(), path.c_str()) != 0)
    return io_error("cannot make " + path.string(), errno);
  return {};
}

Status wrap(const SetupSpec& spec, const fs::path& cache, const ChosenTools& tools, ChosenTool& tool) {
  auto file_name = fs::path(tool.path).filename().string();
  if (!tool.found() || !takes_sysroot(file_name)) return {};
  auto script = script_for(spec, tools, tool);
  Sha256 hash;
  hash.field(script);
  auto path = cache / "linkers" / hash.hex().substr(0, 16) / file_name;
  std::error_code error;
  if (!fs::exists(path, error)) {
    TRIPLED_TRY(write_program(path, script));
  }
  tool.path = path.string();
  // A word of its own replaces what cargo would find by itself.
  if (tool.origin == ToolOrigin::cargo_default || tool.origin == ToolOrigin::project)
    tool.origin = ToolOrigin::matrix;
  return {};
}

}  // namespace

Status point_at_sysroot(const SetupSpec& spec, const fs::path& cache, ChosenTools& tools) {
  if (!tools.own_sysroot) return {};
  for (auto* tool : {&tools.linker, &tools.cc, &tools.cxx}) TRIPLED_TRY(wrap(spec, cache, tools, *tool));
  return {};
}

}  // namespace tripled::probe
