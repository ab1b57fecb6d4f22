#include "workers/toolchain/std_failure.h"

#include <optional>

#include "schema/base/text.h"

namespace tripled::toolchain {
namespace {

std::string line_at(std::string_view log, std::size_t position) {
  auto begin = log.rfind('\n', position);
  begin = begin == std::string_view::npos ? 0 : begin + 1;
  return std::string(trim(log.substr(begin, log.find('\n', position) - begin)));
}

std::optional<std::string> line_with(std::string_view log, std::string_view text) {
  auto found = log.find(text);
  if (found == std::string_view::npos) return std::nullopt;
  return line_at(log, found);
}

struct CompilerError {
  std::string code, message, place;
};

// The first `error[E0425]: …` or `error: …` of a crate, with the ` --> file:line` below it; not cargo's
// summing up.
std::optional<CompilerError> first_compiler_error(std::string_view log) {
  std::optional<CompilerError> found;
  for (const auto& raw : split(log, '\n')) {
    std::string_view line = trim(raw);
    if (found) {
      if (line.starts_with("--> ")) found->place = line.substr(4);
      if (!found->place.empty() || line.empty()) break;
      continue;
    }
    if (!line.starts_with("error")) continue;
    auto colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    auto head = line.substr(0, colon);
    auto message = line.substr(colon + 2);
    if (head == "error" && (message.starts_with("could not compile") ||
                            message.starts_with("failed to run") || message.starts_with("aborting due to")))
      continue;
    if (head != "error" && !head.starts_with("error[")) continue;
    found.emplace();
    if (head.size() > 7) found->code = head.substr(6, head.size() - 7);
    found->message = message;
  }
  return found;
}

// The program that could not be started, from a line with its name in quotes: error calling dlltool
// 'x-dlltool': …
std::string quoted_name(std::string_view line, std::string_view marker) {
  auto at = line.find(marker);
  if (at == std::string_view::npos) return "";
  auto rest = line.substr(at + marker.size());
  auto open = rest.find_first_of("'`\"");
  if (open == std::string_view::npos) return "";
  auto close = rest.find_first_of("'`\"", open + 1);
  return close == std::string_view::npos ? "" : std::string(rest.substr(open + 1, close - open - 1));
}

// Debian's package of a tool that std builds were seen to lack.
std::string install_line(std::string_view tool) {
  auto package = [&]() -> std::string {
    if (tool.starts_with("x86_64-w64-mingw32-")) return "binutils-mingw-w64-x86-64";
    if (tool.starts_with("i686-w64-mingw32-")) return "binutils-mingw-w64-i686";
    if (tool == "dlltool" || tool == "ld" || tool == "ar") return "binutils";
    if (tool == "cc" || tool == "gcc") return "gcc libc6-dev";
    if (tool == "clang") return "clang";
    return "";
  }();
  return package.empty() ? "install `" + std::string(tool) + "`" : "apt-get install " + package;
}

StdFailure failure(StdFailureKind kind, std::string message, std::string fix = "", std::string code = "") {
  return {kind, std::move(message), std::move(code), std::move(fix)};
}

std::optional<StdFailure> from_environment(const FailedBuild& build) {
  using enum StdFailureKind;
  if (contains(build.log, "No space left on device"))
    return failure(environment, "the disk is full", "free space, or name another place with --cache");
  if (build.signal == 9 || contains(build.log, "(signal: 9, SIGKILL"))
    return failure(environment, "a process of the build was killed (SIGKILL), most likely for lack of memory",
                   "fewer slots or more memory");
  if (contains(build.log, "Cannot allocate memory") || contains(build.log, "memory allocation of"))
    return failure(environment, "out of memory", "fewer slots or more memory");
  for (std::string_view text :
       {"failed to download", "Could not resolve host", "Unable to update registry",
        "unable to update registry", "attempting to make an HTTP request, but --offline"})
    if (contains(build.log, text))
      return failure(environment,
                     "std's own dependencies are neither vendored in its source nor to be had: " +
                         line_with(build.log, text).value_or(""),
                     "repeat with a network once; cargo keeps what it fetched");
  return std::nullopt;
}

std::optional<StdFailure> from_tools(const FailedBuild& build) {
  for (std::string_view marker : {"calling dlltool", "Dlltool could not"}) {
    auto line = line_with(build.log, marker);
    if (!line) continue;
    if (contains(*line, "could not import library")) continue;  // it ran, and failed
    auto tool = quoted_name(*line, marker);
    if (tool.empty()) tool = "dlltool";
    return failure(StdFailureKind::missing_tool, "std needs the program `" + tool + "`", install_line(tool));
  }
  if (auto line = line_with(build.log, "linker `"); line && contains(*line, "not found")) {
    auto tool = quoted_name(*line, "linker ");
    return failure(StdFailureKind::missing_tool,
                   "build scripts of std need the linker `" + tool + "`, which is not there",
                   install_line(tool));
  }
  return std::nullopt;
}

std::string where(const FailedBuild& build) {
  return std::string(build.triple) + " with rustc " + std::string(build.rustc_version);
}

std::optional<StdFailure> from_compiler(const FailedBuild& build) {
  using enum StdFailureKind;
  const std::string other = "another toolchain, or `exclude` the triple";
  if (contains(build.log, "to learn about target-specific information")) {
    auto why = line_with(build.log, "could not create LLVM TargetMachine");
    if (!why) why = line_with(build.log, "error: ");
    return failure(no_backend, "this rustc cannot compile for " + where(build) + (why ? ": " + *why : ""),
                   other);
  }
  for (std::string_view text :
       {"LLVM ERROR:", "internal compiler error", "(signal: 11, SIGSEGV", "(signal: 6, SIGABRT",
        "(signal: 4, SIGILL", "(signal: 7, SIGBUS", "the compiler unexpectedly panicked"}) {
    auto line = line_with(build.log, text);
    if (!line) continue;
    auto said = std::string(text.front() == '(' ? text.substr(1) : std::string_view(*line));
    return failure(compiler_crash, "rustc crashes on std for " + where(build) + ": " + said, other);
  }
  return std::nullopt;
}

}  // namespace

StdFailure classify_std_failure(const FailedBuild& build) {
  using enum StdFailureKind;
  if (build.cancelled) return failure(cancelled, "cancelled");
  if (build.timed_out) return failure(timed_out, "building std took too long", "fewer slots on this worker");
  if (auto found = from_environment(build)) return *found;
  if (auto found = from_tools(build)) return *found;
  if (auto found = from_compiler(build)) return *found;
  if (contains(build.log, "unable to build with the standard library"))
    return failure(no_rust_src, "the toolchain's rust-src is incomplete",
                   "rustup component add rust-src --toolchain " + std::string(build.rustc_version));
  const std::string instead = "another toolchain, or `std: core` for a no_std package";
  if (auto line = line_with(build.log, "failed to run custom build command for"))
    return failure(build_script, "a build script of std fails for " + where(build) + ": " + *line, instead);
  if (auto error = first_compiler_error(build.log)) {
    auto text = (error->code.empty() ? "" : error->code + ": ") + error->message +
                (error->place.empty() ? "" : " (" + error->place + ")");
    auto kind = contains(build.log, "could not compile") ? broken_upstream : unknown;
    auto begin = kind == broken_upstream ? "std itself does not compile for " : "std cannot be built for ";
    return failure(kind, begin + where(build) + ": " + text, kind == broken_upstream ? instead : "",
                   error->code);
  }
  if (build.signal != 0) return failure(unknown, "cargo was ended by signal " + std::to_string(build.signal));
  return failure(unknown, "cargo ended with " + std::to_string(build.exit_code) + " and no error message");
}

bool is_lasting(StdFailureKind kind) {
  switch (kind) {
    case StdFailureKind::broken_upstream:
    case StdFailureKind::no_backend:
    case StdFailureKind::compiler_crash:
    case StdFailureKind::build_script:
      return true;
    case StdFailureKind::none:
    case StdFailureKind::missing_tool:  // cured without any of our inputs changing
    case StdFailureKind::no_rust_src:
    case StdFailureKind::environment:
    case StdFailureKind::timed_out:
    case StdFailureKind::cancelled:
    case StdFailureKind::unknown:
      return false;
  }
  return false;
}

}  // namespace tripled::toolchain
