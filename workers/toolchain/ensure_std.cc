#include "workers/toolchain/ensure_std.h"

#include "schema/base/text.h"
#include "workers/toolchain/facts.h"
#include "workers/toolchain/installed.h"
#include "workers/toolchain/rust_src_fix.h"

namespace tripled::toolchain {

namespace fs = std::filesystem;

// What one triple contributes: a link target, or the reason why there is none.
struct StdProvider::Part {
  StdSource source = StdSource::none;
  std::string link;  // directory that has lib/
  std::string hash;
  StdMode mode = StdMode::full;
  StdObtained obtained;
  std::vector<std::string> notes;
};

namespace {

StdFailure refused(StdFailureKind kind, std::string message, std::string fix = "") {
  return {kind, std::move(message), "", std::move(fix)};
}

fs::path shipped_directory(const ToolchainFacts& toolchain, const std::string& triple) {
  return fs::path(toolchain.sysroot) / "lib/rustlib" / triple;
}

StdMode mode_for(const StdRequest& request, const TripleFacts& facts) {
  if (!facts.std || request.policy == "core") return StdMode::core;
  // Host artefacts link against it.
  if (facts.triple == request.toolchain.host) return StdMode::full;
  return request.mode == StdMode::check ? StdMode::check : StdMode::full;
}

bool has_self_contained_objects(const TripleFacts& facts) {
  return facts.env == "musl" || facts.os == "wasi" || facts.os == "wasip1" || facts.os == "wasip2" ||
         (facts.os == "windows" && facts.env == "gnu");
}

StdFailure failure_of(const Error& error) {
  if (error.kind() == ErrorKind::cancelled) return refused(StdFailureKind::cancelled, error.message());
  if (error.kind() == ErrorKind::timeout) return refused(StdFailureKind::timed_out, error.message());
  return refused(StdFailureKind::environment, error.message());
}

}  // namespace

StdProvider::StdProvider(StdOptions options, Surroundings surroundings, RunTool run)
    : options_([&] {
        std::error_code ec;
        options.cache = fs::absolute(options.cache, ec);
        if (options.wrapper.empty()) options.wrapper = find_wrapper();
        return std::move(options);
      }()),
      surroundings_(std::move(surroundings)),
      run_(std::move(run)),
      cache_(options_.cache / "std", options_.std_cache, surroundings_, run_) {}

// Where the toolchain is rustup's and the caller allows it. Says what it did. One at a time: rustup does not
// guard a toolchain against another rustup.
bool StdProvider::add_with_rustup(const ToolchainFacts& toolchain, const std::string& triple,
                                  std::vector<std::string>& notes) {
  if (!options_.rustup_target_add) return false;
  auto name = rustup_name(toolchain, surroundings_);
  auto rustup = program_on_path(surroundings_, "rustup");
  if (name.empty() || rustup.empty()) return false;
  auto lock = FileLock::acquire(options_.cache / "rustup.lock", FileLock::Wait::yes);
  if (!lock) return false;
  if (ships_std(toolchain.sysroot, triple)) return true;  // somebody else's turn was before
  ToolCommand command;
  command.argv = {rustup.string(), "target", "add", "--toolchain", name, triple};
  command.env = surroundings_.tool_environment();
  command.env["RUSTUP_HOME"] = surroundings_.rustup_home;
  command.timeout = Millis(10 * 60'000);
  auto output = run_(command);
  if (!output) return false;
  auto line = "`" + shell_join(command.argv) + "`: " + output.value().how_it_ended();
  notes.push_back(output.value().succeeded() ? "ran " + line : line);
  return output.value().succeeded() && ships_std(toolchain.sysroot, triple);
}

StdProvider::Part StdProvider::part_for(const StdRequest& request, const std::string& triple) {
  Part part;
  const auto& toolchain = request.toolchain;
  auto& failure = part.obtained.failure;
  const auto* facts = toolchain.find(triple);
  if (!facts || contains(triple, "/")) {
    failure = refused(StdFailureKind::unknown,
                      "rustc " + toolchain.version + " does not know the triple " + triple);
    return part;
  }
  bool host = triple == toolchain.host;
  if (host && request.policy == "core")
    part.notes.push_back(
        "`std: core` does not apply to the host triple: its build scripts and macros need its std");
  part.mode = mode_for(request, *facts);
  bool shipped_will_do = request.policy == "auto" || (host && request.policy == "core");
  // rust-lang distributes stds of tier 1 and 2 (rustc book, "Target Tier Policy"). What was built already is
  // not asked for again.
  auto may_be_had = [&] {
    return facts->std && facts->tier.value_or(3) <= 2 &&
           (toolchain.rust_src.empty() || !cache_.knows(toolchain, triple, part.mode));
  };
  if (shipped_will_do && (ships_std(toolchain.sysroot, triple) ||
                          (may_be_had() && add_with_rustup(toolchain, triple, part.notes)))) {
    auto identity = cache_.shipped_identity(shipped_directory(toolchain, triple));
    if (!identity) {
      failure = failure_of(identity.error());
      return part;
    }
    part.source = StdSource::shipped;
    part.link = shipped_directory(toolchain, triple).string();
    part.hash = identity.value();
    part.mode = facts->std ? StdMode::full : StdMode::core;
    return part;
  }
  if (toolchain.rust_src.empty()) {
    failure =
        refused(StdFailureKind::no_rust_src,
                "rustc " + toolchain.version + " ships no std for " + triple + " and its source is not here",
                rust_src_fix(toolchain, *facts, surroundings_, run_));
    return part;
  }
  auto obtained = cache_.obtain(toolchain, triple, part.mode);
  if (!obtained) {
    failure = failure_of(obtained.error());
    return part;
  }
  part.obtained = std::move(obtained).value();
  if (failure.kind != StdFailureKind::none) return part;
  part.source = StdSource::built;
  part.link = part.obtained.entry.dir;
  part.hash = part.obtained.entry.hash;
  part.mode = part.obtained.entry.mode;
  if (part.mode == StdMode::full && has_self_contained_objects(*facts))
    part.notes.push_back(
        "a std built from rust-src has no linker objects of its own (crt, libc): linking needs the "
        "system's for " +
        triple);
  return part;
}

StdResult StdProvider::ensure(const StdRequest& request) {
  StdResult result;
  result.use = std::make_shared<StdUse>();
  std::map<std::string, std::string> links;
  const auto host_directory = shipped_directory(request.toolchain, request.toolchain.host);
  auto host = cache_.shipped_identity(host_directory);
  if (!host) {
    result.failure = StdFailureKind::unknown;
    result.error = "the toolchain has no std of its own host: " + host.error().message();
    return result;
  }
  result.host_hash = host.value();
  links[request.toolchain.host] = host_directory.string();

  auto triples = request.extra_std;
  triples.push_back(request.triple);  // last: it is what the result speaks of
  for (const auto& triple : triples) {
    auto part_request = request;
    // Who asks for more stds runs cargo in a build script: those are compiled to the end.
    if (triple != request.triple) {
      part_request.mode = StdMode::full;
      part_request.policy = "auto";
    }
    auto part = part_for(part_request, triple);
    result.build_ms += part.obtained.build_ms;
    result.cpu_ms += part.obtained.cpu_ms;
    result.log += part.obtained.log;
    result.notes.insert(result.notes.end(), part.notes.begin(), part.notes.end());
    if (part.source == StdSource::none) {
      result.failure = part.obtained.failure.kind;
      result.error = (triple == request.triple ? "" : "extra-std: ") + part.obtained.failure.message;
      result.fix = part.obtained.failure.fix;
      return result;
    }
    links[triple] = part.link;
    if (part.obtained.hold) result.use->stds.push_back(part.obtained.hold);
    if (triple != request.triple) continue;
    result.source = part.source;
    result.hash = part.hash;
    result.mode = part.mode;
    if (part.source == StdSource::built) result.dir = part.link;
  }

  auto view = open_view({request.toolchain, result.host_hash, request.policy, std::move(links)},
                        options_.cache, options_.wrapper);
  if (!view) {
    result.source = StdSource::none;
    result.failure = StdFailureKind::environment;
    result.error = view.error().message();
    return result;
  }
  result.view = view.value().dir.string();
  result.use->links = view.value().hold;
  return result;
}

Result<std::shared_ptr<StdUse>> StdProvider::reuse(const std::string& view, const std::string& triple,
                                                   const std::string& std_dir, const std::string& std_hash) {
  auto use = std::make_shared<StdUse>();
  auto target = std_dir;
  std::error_code ec;
  if (target.empty()) target = fs::read_symlink(fs::path(view) / "lib/rustlib" / triple, ec).string();
  if (ec) return Error(ErrorKind::conflict, "the view " + view + " has no std for " + triple);
  TRIPLED_ASSIGN(use->links, hold_view(view, {{triple, target}}));
  if (std_dir.empty()) {
    TRIPLED_ASSIGN(auto hash, cache_.shipped_identity(target));
    if (hash != std_hash)
      return Error(ErrorKind::conflict, "the toolchain's std for " + triple + " was replaced");
  } else {
    TRIPLED_ASSIGN(auto hold, cache_.hold(std_dir, std_hash));
    use->stds.push_back(std::move(hold));
  }
  return use;
}

}  // namespace tripled::toolchain
