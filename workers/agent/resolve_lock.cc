#include "workers/agent/resolve_lock.h"

#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "schema/base/text.h"
#include "workers/cargo/stderr.h"
#include "workers/workdir/manifest_edit.h"
#include "workers/workdir/manifests.h"

namespace tripled::agent {
namespace {

namespace fs = std::filesystem;

constexpr Millis limit = std::chrono::minutes(30);

// What cargo said when it refused.
struct Refusal {
  std::string line, output;
  bool project_fault = false;
};

Refusal refusal(const std::string& output, const std::string& otherwise) {
  cargo::StderrParser parser;
  parser.feed(output);
  parser.finish();
  Refusal out{otherwise, output, false};
  for (const auto& error : parser.errors()) {
    using Kind = cargo::CargoErrorKind;
    out.line = error.message;
    out.project_fault = error.kind != Kind::network && error.kind != Kind::disk_full &&
                        error.kind != Kind::toolchain && error.kind != Kind::other;
    break;
  }
  return out;
}

class Locking {
 public:
  Locking(const LockRequest& request, const WorkerContext& context, StageRun& run)
      : request_(request),
        settings_(request.plan.settings),
        run_(run),
        root_(workdir::workspace_root(request.source_dir)),
        env_(cargo::base_environment(context.environment, {}, true)) {
    env_["RUSTC"] = request.plan.toolchain.rustc;
    env_["CARGO_TARGET_DIR"] = env_["CARGO_BUILD_BUILD_DIR"] = request.target_dir;
    env_["CARGO_TERM_COLOR"] = "never";
  }

  ResolvedLock run() {
    auto before = sha256_file(root_ / "Cargo.lock");
    auto refused = resolve(before.has_value());
    if (refused && refused->project_fault && request_.published_crate)
      refused = retry_without_tests(*refused);
    if (refused) {
      out_.error = refused->line;
      out_.cargo_output = refused->output;
      out_.project_fault = refused->project_fault;
      return std::move(out_);
    }
    if (auto after = sha256_file(root_ / "Cargo.lock")) out_.hash = *after;
    note_what_changed(before ? *before : "");
    return std::move(out_);
  }

 private:
  bool from_scratch() const {
    const auto& policy = settings_.lockfile;
    return policy == "latest" || policy == "minimal" || policy == "direct-minimal" || policy == "msrv";
  }

  std::optional<Refusal> resolve(bool has_lock) {
    if (settings_.lockfile == "shipped" && !has_lock)
      return Refusal{"the package ships no Cargo.lock (lockfile: shipped)", "", true};
    std::error_code ignored;
    if (from_scratch()) fs::remove(root_ / "Cargo.lock", ignored);
    if (from_scratch() || (!has_lock && !settings_.pins.empty()))
      if (auto refused = generate()) return refused;
    for (const auto& [package, version] : settings_.pins)
      if (auto refused = cargo({"update", "--package", package, "--precise", version})) return refused;
    return fetch(has_lock && !from_scratch());
  }

  // Without a lock to begin with (cargo book, "Unstable Features": minimal-versions, direct-minimal-versions;
  // "Resolver": incompatible-rust-versions, cargo 1.84).
  std::optional<Refusal> generate() {
    const auto& version = request_.plan.toolchain.version;
    auto parts = split(version, '.');
    bool old = parts.size() > 1 && parts[0] == "1" && std::atoi(parts[1].c_str()) < 84;
    if (settings_.lockfile == "msrv" && old)
      return Refusal{"lockfile: msrv needs cargo 1.84, the toolchain is " + version, "", false};
    std::vector<std::string> args{"generate-lockfile"};
    auto env = env_;
    if (settings_.lockfile == "minimal" || settings_.lockfile == "direct-minimal") {
      args.insert(args.end(), {"-Z", settings_.lockfile + "-versions"});
      env["RUSTC_BOOTSTRAP"] = "1";
    }
    if (settings_.lockfile == "msrv") env["CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS"] = "fallback";
    return call(args, env);
  }

  // What a lock names may all be here already; without one, only the registry knows what is newest.
  std::optional<Refusal> fetch(bool complete) {
    std::vector<std::string> args{"fetch"};
    if (settings_.lockfile == "locked") args.emplace_back("--locked");
    auto offline = args;
    offline.emplace_back("--offline");
    if (complete && !quietly(offline)) return std::nullopt;
    auto refused = cargo(args);
    if (!refused || refused->project_fault || complete) return refused;
    if (quietly(offline)) return refused;
    out_.notes.push_back("the registry could not be reached: versions were chosen among those already here");
    return std::nullopt;
  }

  // The library can still be checked when only what its tests need cannot be had.
  std::optional<Refusal> retry_without_tests(const Refusal& first) {
    auto path = fs::path(request_.source_dir) / "Cargo.toml";
    auto manifest = read_file(path, 4u << 20);
    auto edited = manifest ? workdir::without_dev_dependencies(*manifest) : std::string();
    if (!manifest || edited == *manifest || !write_file_atomically(path, edited)) return first;
    std::error_code ec;
    if (resolve(fs::exists(root_ / "Cargo.lock", ec))) {
      (void)write_file_atomically(path, *manifest);
      return first;
    }
    out_.without_dev_dependencies = "dev-dependencies do not resolve: " + first.line;
    out_.notes.push_back(out_.without_dev_dependencies + "; they were left out, so nothing can be tested");
    return std::nullopt;
  }

  void note_what_changed(const std::string& before) {
    if (before.empty() && !out_.hash.empty() && !from_scratch())
      out_.notes.emplace_back("the sources have no Cargo.lock: versions were resolved for this sweep");
    if (!before.empty() && !from_scratch() && before != out_.hash && settings_.pins.empty())
      out_.notes.emplace_back(
          "Cargo.lock was out of date and was updated for this sweep (lockfile: locked refuses that)");
    if (from_scratch())
      out_.notes.push_back("lockfile: " + settings_.lockfile + ": versions were resolved for this sweep");
  }

  std::optional<Refusal> cargo(const std::vector<std::string>& args) { return call(args, env_); }

  // Into the log, with what it says kept.
  std::optional<Refusal> call(const std::vector<std::string>& args, const cargo::Environment& env) {
    class Sink : public exec::OutputSink {
     public:
      void on_stdout(std::string_view) override {}
      void on_stderr(std::string_view bytes) override {
        if (text.size() < (256u << 10)) text.append(bytes);
      }
      std::string text;
    } sink;
    exec::Limits limits;
    limits.timeout = limit;
    auto record = run_.run(command(args, env), request_.source_dir, limits, &sink);
    if (record.outcome == Outcome::exited && record.code == 0) return std::nullopt;
    if (record.outcome != Outcome::exited)
      return Refusal{"cargo " + args.front() + ": " + record.reason, sink.text, false};
    return refusal(sink.text, "cargo " + args.front() + " failed: see its log");
  }

  // For what may fail without anybody being told.
  std::optional<Refusal> quietly(const std::vector<std::string>& args) {
    auto captured = run_.ask(command(args, env_), request_.source_dir);
    if (captured && captured->succeeded()) return std::nullopt;
    return Refusal{"", captured ? captured->err : captured.error().message(), false};
  }

  cargo::CargoCommand command(std::vector<std::string> args, const cargo::Environment& env) const {
    args.insert(args.begin(), request_.plan.toolchain.cargo);
    auto global = cargo::global_arguments(settings_.cargo_args);
    args.insert(args.end(), global.begin(), global.end());
    return {std::move(args), env, {}};
  }

  const LockRequest& request_;
  const CellSettings& settings_;
  StageRun& run_;
  const fs::path root_;
  cargo::Environment env_;
  ResolvedLock out_;
};

}  // namespace

std::string sources_key(const CellSettings& settings) {
  auto global = cargo::global_arguments(settings.cargo_args);  // `--config 'patch…'` resolves otherwise
  if (settings.pins.empty() && global.empty()) return settings.lockfile;
  Sha256 hash;
  for (const auto& word : global) hash.field(word);
  for (const auto& [package, version] : settings.pins) {
    hash.field(package);
    hash.field(version);
  }
  return settings.lockfile + "-" + hash.hex().substr(0, 8);
}

ResolvedLock resolve_lock(const LockRequest& request, const WorkerContext& context, StageRun& run) {
  return Locking(request, context, run).run();
}

}  // namespace tripled::agent
