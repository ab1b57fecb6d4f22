#include "workers/toolchain/std_recipe.h"

#include "schema/base/file.h"
#include "schema/base/text.h"
#include "schema/wire/json.h"
#include "workers/toolchain/installed.h"

namespace tripled::toolchain {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::size_t kLogBound = 256u << 10;
constexpr const char* kDummy = "tripled_std";

// The beginning and the end of a long log, cut at lines.
std::string bounded_log(const std::string& log) {
  if (log.size() <= kLogBound) return log;
  auto head = log.rfind('\n', kLogBound / 2);
  auto tail = log.find('\n', log.size() - kLogBound / 2);
  if (head == std::string::npos || tail == std::string::npos) return log.substr(log.size() - kLogBound);
  return log.substr(0, head) + "\n[tripled: " + std::to_string(tail - head) + " bytes left out]" +
         log.substr(tail);
}

std::string toml_text(const std::string& text) {
  return "\"" + replace_all(replace_all(text, "\\", "\\\\"), "\"", "\\\"") + "\"";
}

Status write_package(const StdOrder& order, const fs::path& package) {
  TRIPLED_TRY(make_directories(package / "src"));
  TRIPLED_TRY(make_directories(package / ".cargo"));
  std::string manifest =
      "[package]\nname = \"tripled_std\"\nversion = \"0.0.0\"\nedition = \"2018\"\n[workspace]\n";
  // As the library's own workspace has it: else a bin whose profile says `panic = "abort"` is refused ("the
  // crate `panic_abort` does not have the panic strategy `abort`"), by check too.
  if (order.mode != StdMode::core)
    manifest = "cargo-features = [\"profile-rustflags\"]\n" + manifest +
               "[profile.release.package.panic_abort]\nrustflags = [\"-Cpanic=abort\"]\n";
  TRIPLED_TRY(write_file_atomically(package / "Cargo.toml", manifest));
  TRIPLED_TRY(write_file_atomically(package / "src/lib.rs", "#![no_std]\n"));
  auto vendor = fs::path(order.toolchain.rust_src) / "vendor";
  std::error_code ec;
  if (!fs::is_directory(vendor, ec)) return {};
  return write_file_atomically(
      package / ".cargo/config.toml",
      "[source.crates-io]\nreplace-with = \"vendored\"\n[source.vendored]\ndirectory = " +
          toml_text(vendor.string()) + "\n");
}

// Everything a configuration file above the scratch directory (~/.cargo is above ~/.cache) could change is
// set here: the environment wins.
std::map<std::string, std::string> environment(const StdOrder& order, const Surroundings& surroundings) {
  auto env = surroundings.tool_environment();
  std::error_code ec;
  if (fs::is_directory(fs::path(order.toolchain.rust_src) / "vendor", ec)) {
    env["CARGO_HOME"] = (order.scratch / "cargo-home").string();
    env["CARGO_NET_OFFLINE"] = "true";
  }
  bool check = order.mode == StdMode::check;
  env["RUSTC"] = order.toolchain.rustc;
  env["RUSTC_BOOTSTRAP"] = "1";
  env["RUSTC_ICE"] = "0";
  env["RUSTC_WRAPPER"] = "";
  env["RUSTC_WORKSPACE_WRAPPER"] = "";
  // Metadata needs no code: half the time, and triples on which LLVM gives up can still be checked. Else the
  // bitcode that crates with `lto` in their profile ask for.
  env["CARGO_ENCODED_RUSTFLAGS"] = check ? "-Zno-codegen" : "-Cembed-bitcode=yes";
  env["CARGO_PROFILE_RELEASE_OPT_LEVEL"] = check ? "0" : "3";
  env["CARGO_PROFILE_RELEASE_DEBUG"] = "0";
  env["CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS"] = "false";
  env["CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS"] = "false";
  env["CARGO_PROFILE_RELEASE_LTO"] = "false";
  env["CARGO_PROFILE_RELEASE_PANIC"] = "unwind";
  env["CARGO_PROFILE_RELEASE_INCREMENTAL"] = "false";
  env["CARGO_TERM_COLOR"] = "never";
  env["CARGO_TERM_PROGRESS_WHEN"] = "never";
  return env;
}

ToolCommand cargo_command(const StdOrder& order, const Surroundings& surroundings) {
  ToolCommand command;
  command.cwd = order.scratch / "package";
  command.timeout = order.timeout;
  command.env = environment(order, surroundings);
  command.argv = {order.toolchain.cargo,
                  order.mode == StdMode::check ? "check" : "build",
                  "--release",
                  "--target",
                  order.triple,
                  "--target-dir",
                  (order.scratch / "target").string(),
                  order.mode == StdMode::core ? "-Zbuild-std=core,alloc,compiler_builtins"
                                              : "-Zbuild-std=std,panic_abort,panic_unwind,test,proc_macro",
                  "--message-format=json-render-diagnostics"};
  if (command.env.contains("CARGO_NET_OFFLINE")) command.argv.push_back("--offline");
  if (order.jobs > 0) command.argv.push_back("-j" + std::to_string(order.jobs));
  return command;
}

struct Libraries {
  std::vector<fs::path> rlib, rmeta;
};

// The libraries cargo reports for the triple, the dummy's and those of the host (build scripts, macros) left
// out.
Libraries reported_libraries(const StdOrder& order, const std::string& messages) {
  Libraries out;
  auto of_triple = (order.scratch / "target" / order.triple).string() + "/";
  for (const auto& line : split(messages, '\n')) {
    if (!contains(line, "compiler-artifact")) continue;
    auto message = wire::parse(line);
    if (!message || !message.value().is_object()) continue;
    const auto& object = message.value().get_object();
    const auto* target = object.if_contains("target");
    const auto* names = object.if_contains("filenames");
    if (!target || !target->is_object() || !names || !names->is_array()) continue;
    const auto* name = target->get_object().if_contains("name");
    if (name && name->is_string() && name->get_string() == kDummy) continue;
    for (const auto& file : names->get_array()) {
      if (!file.is_string() || !std::string_view(file.get_string()).starts_with(of_triple)) continue;
      fs::path path{std::string(std::string_view(file.get_string()))};
      if (path.extension() == ".rlib") out.rlib.push_back(path);
      if (path.extension() == ".rmeta") out.rmeta.push_back(path);
    }
  }
  return out;
}

Status move_into(const std::vector<fs::path>& files, const fs::path& directory) {
  TRIPLED_TRY(make_directories(directory));
  for (const auto& file : files) {
    std::error_code ec;
    fs::rename(file, directory / file.filename(), ec);
    if (ec) return io_error("moving " + file.string(), ec.value());
  }
  return {};
}

// Linker objects and tools that a shipped std has beside its libraries and a built one has not.
void borrow_from_shipped(const StdOrder& order, const fs::path& staged) {
  auto shipped = fs::path(order.toolchain.sysroot) / "lib/rustlib" / order.triple;
  std::error_code ec;
  for (const char* name : {"bin", "codegen-backends", "lib/self-contained"})
    if (fs::is_directory(shipped / name, ec)) fs::create_directory_symlink(shipped / name, staged / name, ec);
}

// rustc finds and accepts the staged libraries: what no later job should be the first to learn.
Result<ToolOutput> try_staged(const StdOrder& order, const Surroundings& surroundings, const RunTool& run) {
  auto probe = order.scratch / "probe";
  auto rustlib = order.scratch / "sysroot/lib/rustlib";
  TRIPLED_TRY(make_directories(rustlib));
  TRIPLED_TRY(make_directories(probe));
  std::error_code ec;
  fs::create_directory_symlink(order.scratch / "staged", rustlib / order.triple, ec);
  bool core = order.mode == StdMode::core;
  TRIPLED_TRY(write_file_atomically(
      probe / "probe.rs",
      core ? "#![no_std]\nextern crate alloc;\npub fn f() -> alloc::vec::Vec<u8> { alloc::vec![1] }\n"
           : "pub fn f() -> Vec<u8> { std::env::args().count().to_string().into_bytes() }\n"));
  ToolCommand command;
  command.argv = {order.toolchain.rustc,
                  "--sysroot",
                  (order.scratch / "sysroot").string(),
                  "--target",
                  order.triple,
                  "--crate-type",
                  "rlib",
                  "--emit",
                  "metadata",
                  "--out-dir",
                  probe.string(),
                  (probe / "probe.rs").string()};
  command.env = surroundings.tool_environment();
  command.cwd = probe;
  return run(command);
}

StdProduct failed(StdProduct product, StdFailure failure) {
  product.failure = std::move(failure);
  return product;
}

}  // namespace

std::string tool_needed(const std::string& triple) {
  if (triple == "x86_64-pc-windows-gnu" || triple == "x86_64-win7-windows-gnu")
    return "x86_64-w64-mingw32-dlltool";
  if (triple == "i686-pc-windows-gnu" || triple == "i686-win7-windows-gnu") return "i686-w64-mingw32-dlltool";
  return "";
}

Result<StdProduct> make_std(const StdOrder& order, const Surroundings& surroundings, const RunTool& run) {
  StdProduct product;
  auto version = order.toolchain.version;
  if (auto tool = tool_needed(order.triple);
      !tool.empty() && order.mode != StdMode::core && program_on_path(surroundings, tool).empty()) {
    auto log = "error: error calling dlltool '" + tool + "': not on PATH";
    product.log = log;
    return failed(std::move(product), classify_std_failure({log, 1, 0, false, false, order.triple, version}));
  }
  TRIPLED_TRY(write_package(order, order.scratch / "package"));
  auto command = cargo_command(order, surroundings);
  TRIPLED_ASSIGN(auto output, run(command));
  product.wall = output.wall;
  product.cpu = output.cpu;
  product.log = "$ " + shell_join(command.argv) + "\n" + bounded_log(output.err);
  if (!output.start_error.empty())
    return failed(std::move(product), {StdFailureKind::unknown, "cargo " + output.how_it_ended(), "", ""});
  if (!output.succeeded())
    return failed(std::move(product),
                  classify_std_failure({output.err, output.exit_code, output.signal, output.timed_out,
                                        output.cancelled, order.triple, version}));

  auto libraries = reported_libraries(order, output.out);
  auto staged = order.scratch / "staged";
  bool check = order.mode == StdMode::check;
  TRIPLED_TRY(move_into(check ? libraries.rmeta : libraries.rlib, staged / "lib"));
  borrow_from_shipped(order, staged);
  TRIPLED_ASSIGN(auto probe, try_staged(order, surroundings, run));
  if (!probe.succeeded() && !check) {  // a cargo that keeps metadata out of rlibs
    TRIPLED_TRY(move_into(libraries.rmeta, staged / "lib"));
    TRIPLED_ASSIGN(probe, try_staged(order, surroundings, run));
  }
  product.wall += probe.wall;
  product.cpu += probe.cpu;
  if (!probe.succeeded()) {
    product.log += "\n$ rustc probe.rs\n" + bounded_log(probe.err);
    if (probe.cancelled) return failed(std::move(product), {StdFailureKind::cancelled, "cancelled", "", ""});
    return failed(std::move(product),
                  {StdFailureKind::unknown,
                   "the std that was built cannot be used: " +
                       (probe.err.empty() ? probe.how_it_ended() : split(trim(probe.err), '\n')[0]),
                   "", ""});
  }
  product.staged = staged;
  return product;
}

}  // namespace tripled::toolchain
