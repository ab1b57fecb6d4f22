#include "workers/toolchain/discover.h"

#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>

#include "schema/base/hash.h"
#include "schema/base/text.h"
#include "workers/toolchain/msrv.h"
#include "workers/toolchain/parallel.h"
#include "workers/toolchain/toolchain_name.h"

namespace tripled::toolchain {
namespace {

namespace fs = std::filesystem;

// The library source that belongs to a sysroot: cargo's -Zbuild-std looks nowhere else.
std::string source_of(const std::string& sysroot) {
  auto library = fs::path(sysroot) / "lib/rustlib/src/rust/library";
  std::error_code ec;
  return fs::exists(library / "core/src/lib.rs", ec) ? library.string() : "";
}

std::string beside(const fs::path& rustc, const std::string& program) {
  std::error_code ec;
  for (const auto& directory : {fs::canonical(rustc, ec).parent_path(), rustc.parent_path()}) {
    auto candidate = directory / program;
    if (fs::is_regular_file(candidate, ec) && !is_rustup_proxy(candidate))
      return fs::canonical(candidate, ec).string();
  }
  return "";
}

// One that is no proxy, for a toolchain that has none of its own (a linked stage 1, as rustup does it too).
std::string any_cargo(const Surroundings& surroundings) {
  if (auto found = program_on_path(surroundings, "cargo"); !found.empty()) return found.string();
  std::error_code ec;
  if (fs::exists("/usr/bin/cargo", ec) && !is_rustup_proxy("/usr/bin/cargo")) return "/usr/bin/cargo";
  for (const auto& toolchain : rustup_toolchains(surroundings))
    if (auto cargo = beside(toolchain.rustc, "cargo"); !cargo.empty()) return cargo;
  return "";
}

class Asker {
 public:
  Asker(const RunTool& run, const Surroundings& surroundings)
      : run_(run), env_(surroundings.tool_environment()) {}

  Result<std::string> ask(const std::string& program, std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), program);
    auto line = join(arguments, " ");
    TRIPLED_ASSIGN(auto output, run_({std::move(arguments), env_, "/", Millis(60'000)}));
    if (output.succeeded()) return std::move(output.out);
    return Error(ErrorKind::tool,
                 "`" + line + "`: " + output.how_it_ended() +
                     (output.err.empty() ? "" : ": " + split(trim(output.err), '\n').front()));
  }

 private:
  const RunTool& run_;
  const std::map<std::string, std::string> env_;
};

Status describe_rustc(const Asker& asker, ToolchainFacts& facts) {
  TRIPLED_ASSIGN(facts.rustc_verbose, asker.ask(facts.rustc, {"-vV"}));
  auto parsed = parse_verbose_version(facts.rustc_verbose);
  if (!parsed) return Error(ErrorKind::tool, "`" + facts.rustc + " -vV` printed no version");
  facts.version = parsed->release;
  facts.channel = parsed->channel;
  facts.commit = parsed->commit;
  facts.commit_date = parsed->commit_date;
  facts.host = parsed->host;
  TRIPLED_ASSIGN(auto sysroot, asker.ask(facts.rustc, {"--print", "sysroot"}));
  facts.sysroot = trim(sysroot);
  return {};
}

// A shim of another version manager (asdf, mise) answers as rustc does, but lies outside the sysroot.
void leave_shim(const Asker& asker, ToolchainFacts& facts) {
  auto inside = fs::path(facts.sysroot) / "bin/rustc";
  std::error_code ec;
  if (!fs::is_regular_file(inside, ec) || fs::equivalent(inside, facts.rustc, ec)) return;
  auto verbose = asker.ask(inside.string(), {"-vV"});
  if (verbose && verbose.value() == facts.rustc_verbose) facts.rustc = fs::canonical(inside, ec).string();
}

std::string label(const ToolchainFacts& facts) {
  return facts.name + " (" + (facts.error.empty() ? "rustc " + facts.version : "does not run") + ", " +
         facts.rustc + ")";
}

std::string machine() {
  utsname names{};
  return ::uname(&names) == 0 ? names.machine : "";
}

// The rustup toolchain of exactly this name, with or without a host behind it; this machine's host first.
const Installed* named(const std::vector<Installed>& installed, const std::string& name) {
  const Installed* found = nullptr;
  for (const auto& toolchain : installed) {
    if (toolchain.name == name) return &toolchain;
    if (!toolchain.name.starts_with(name + "-")) continue;
    auto rest = toolchain.name.substr(name.size() + 1);
    if (split(rest, '-').size() < 2 || (rest.front() >= '0' && rest.front() <= '9')) continue;  // a date
    if (!found || rest.starts_with(machine())) found = &toolchain;
  }
  return found;
}

}  // namespace

ToolchainFinder::ToolchainFinder(Surroundings surroundings, RunTool run)
    : surroundings_(std::move(surroundings)), run_(std::move(run)) {}

ToolchainFacts ToolchainFinder::described(const Installed& installed) {
  std::error_code ec;
  auto rustc = fs::canonical(installed.rustc, ec).string();
  if (ec) rustc = installed.rustc.string();
  {
    std::lock_guard lock(mutex_);
    if (auto known = known_.find(rustc); known != known_.end()) {
      auto facts = known->second;
      facts.name = installed.name;
      return facts;
    }
  }
  ToolchainFacts facts;
  facts.name = installed.name;
  facts.rustc = rustc;
  Asker asker(run_, surroundings_);
  if (auto described = describe_rustc(asker, facts); !described) {
    facts.error = described.error().message();
  } else {
    leave_shim(asker, facts);
    facts.rustdoc = beside(facts.rustc, "rustdoc");
    facts.cargo = beside(facts.rustc, "cargo");
    if (facts.cargo.empty()) facts.cargo = beside(installed.rustc, "cargo");
    if (facts.cargo.empty()) facts.cargo = any_cargo(surroundings_);
    facts.rust_src = source_of(facts.sysroot);
    if (facts.cargo.empty()) {
      facts.error = "there is no cargo beside " + facts.rustc + " nor on PATH";
    } else if (auto cargo = asker.ask(facts.cargo, {"-V"}); cargo) {
      facts.cargo_version = trim(cargo.value());
    } else {
      facts.error = cargo.error().message();
    }
  }
  std::lock_guard lock(mutex_);
  known_.insert_or_assign(rustc, facts);
  return facts;
}

std::vector<ToolchainFacts> ToolchainFinder::described_all(const std::vector<Installed>& installed) {
  std::vector<ToolchainFacts> out(installed.size());
  in_parallel(installed.size(), [&](std::size_t i) { out[i] = described(installed[i]); });
  return out;
}

std::vector<ToolchainFacts> ToolchainFinder::all() {
  auto installed = rustup_toolchains(surroundings_);
  auto plain = plain_toolchains(surroundings_);
  if (!plain.empty()) plain.front().name = "system";
  installed.insert(installed.end(), plain.begin(), plain.end());
  return described_all(installed);
}

ToolchainFacts ToolchainFinder::by_path(const std::string& path) {
  auto installed = toolchain_at(fs::absolute(path));
  if (installed) return described(installed.value());
  ToolchainFacts facts;
  facts.error = installed.error().message();
  return facts;
}

ToolchainFacts ToolchainFinder::by_name(const std::string& name) {
  auto parsed = parse_toolchain_name(name);
  auto plain = plain_toolchains(surroundings_);
  ToolchainFacts missing;
  if (parsed.kind == ToolchainName::Kind::system) {
    if (!plain.empty()) return described(plain.front());
    missing.error = not_found(name, all());
    return missing;
  }
  auto rustups = rustup_toolchains(surroundings_);
  if (const auto* exact = named(rustups, name)) return described(*exact);
  // No toolchain is called so: one that is it. rustup's channels are theirs by name alone (a `stable` of last
  // year under another name is not stable), plain ones by what they say.
  auto candidates = described_all(plain);
  if (parsed.kind == ToolchainName::Kind::version) {
    auto more = described_all(rustups);
    candidates.insert(candidates.begin(), more.begin(), more.end());
  }
  const ToolchainFacts* best = nullptr;
  for (const auto& facts : candidates) {
    if (!facts.error.empty() || !answers_to(parsed, facts.version, facts.channel)) continue;
    if (!best || parse_version(facts.version) > parse_version(best->version)) best = &facts;
  }
  if (best) return *best;
  missing.error = not_found(name, all());
  return missing;
}

std::string ToolchainFinder::not_found(const std::string& name,
                                       const std::vector<ToolchainFacts>& present) const {
  std::vector<std::string> labels;
  for (const auto& facts : present) labels.push_back(label(facts));
  std::string text = "toolchain `" + name + "` is not on this machine; there is " +
                     (labels.empty() ? "none at all" : join(labels, ", ")) + ". ";
  auto kind = parse_toolchain_name(name).kind;
  if (kind == ToolchainName::Kind::system)
    return text + "Debian's: `apt-get install rustc cargo`; else name one of those that are there";
  if (kind == ToolchainName::Kind::other) return text + "A name, a version, a channel or a path is wanted";
  text += "Install it: `rustup toolchain install " + name + " --profile minimal --component rust-src`";
  if (program_on_path(surroundings_, "rustup").empty())
    text += " (there is no rustup here; Debian: `apt-get install rustup`)";
  return text;
}

ToolchainFacts ToolchainFinder::find(const std::string& name, const std::string& project_dir) {
  ToolchainFacts facts;
  switch (parse_toolchain_name(name).kind) {
    case ToolchainName::Kind::path:
      facts = by_path(name);
      break;
    case ToolchainName::Kind::msrv: {
      if (project_dir.empty()) {
        facts.error = "toolchain `msrv`: the project's directory is not known here";
        break;
      }
      auto version = project_rust_version(project_dir);
      if (version) {
        facts = by_name(version.value());
      } else {
        facts.error = "toolchain `msrv`: " + version.error().message();
      }
      break;
    }
    case ToolchainName::Kind::channel:
    case ToolchainName::Kind::dated:
    case ToolchainName::Kind::version:
    case ToolchainName::Kind::system:
    case ToolchainName::Kind::other:
      facts = by_name(name);
      break;
  }
  if (!facts.error.empty()) {  // the rest is empty then
    auto error = std::move(facts.error);
    facts = {};
    facts.error = std::move(error);
  }
  facts.name = name;
  return facts;
}

std::string rustc_id(const ToolchainFacts& facts) {
  Sha256 hash;
  hash.field(facts.rustc_verbose);
  // Two local builds may tell the same of themselves; the file names and sizes of compiler and driver differ
  // then.
  std::error_code ec;
  hash.field(std::to_string(fs::file_size(facts.rustc, ec)));
  std::vector<std::string> drivers;
  for (fs::directory_iterator it(fs::path(facts.sysroot) / "lib", ec), end; !ec && it != end;
       it.increment(ec)) {
    auto name = it->path().filename().string();
    if (name.starts_with("librustc_driver-"))
      drivers.push_back(name + " " + std::to_string(it->file_size(ec)));
  }
  std::sort(drivers.begin(), drivers.end());
  for (const auto& driver : drivers) hash.field(driver);
  auto commit = facts.commit.empty() ? "unknown" : facts.commit.substr(0, 9);
  return facts.version + "-" + commit + "-" + hash.hex().substr(0, 8);
}

}  // namespace tripled::toolchain
