#include "workers/toolchain/facts.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "schema/base/file.h"
#include "schema/base/text.h"
#include "schema/wire/json.h"
#include "workers/toolchain/parallel.h"
#include "workers/toolchain/target_specs.h"

namespace tripled::toolchain {

namespace fs = std::filesystem;

// The file under <cache>/facts. What rustc refused is remembered as an empty list. (No anonymous namespace:
// Describe needs a name that other templates can see.)
namespace facts_file {
struct FactsFile {
  int format = 0;
  std::string rustc_verbose;
  std::vector<TripleFacts> triples;
  std::map<std::string, std::vector<std::string>> cfg;  // by cfg_key()
};
BOOST_DESCRIBE_STRUCT(FactsFile, (), (format, rustc_verbose, triples, cfg))
constexpr int kFormat = 1;
}  // namespace facts_file

namespace {

using facts_file::FactsFile;

class RustcAsker {
 public:
  RustcAsker(const ToolchainFacts& facts, const Surroundings& surroundings, const RunTool& run)
      : rustc_(facts.rustc), env_(surroundings.tool_environment()), run_(run) {}

  Result<ToolOutput> ask(std::vector<std::string> arguments, bool bootstrap) const {
    auto env = env_;
    env["RUSTC_ICE"] = "0";  // some triples crash it: no report files
    if (bootstrap) env["RUSTC_BOOTSTRAP"] = "1";
    arguments.insert(arguments.begin(), rustc_);
    return run_({std::move(arguments), std::move(env), "/", Millis(60'000)});
  }

 private:
  const std::string rustc_;
  const std::map<std::string, std::string> env_;
  const RunTool& run_;
};

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  for (const auto& line : split(text, '\n'))
    if (!trim(line).empty()) out.emplace_back(trim(line));
  return out;
}

Result<std::vector<TripleFacts>> ask_triples(const RustcAsker& rustc, bool& only_names) {
  only_names = false;
  TRIPLED_ASSIGN(auto specs, rustc.ask({"-Zunstable-options", "--print", "all-target-specs-json"}, true));
  if (specs.succeeded())
    if (auto parsed = parse_target_specs(specs.out)) return parsed;
  // Before 1.64 or so: names alone; the rest comes from each triple's cfg.
  TRIPLED_ASSIGN(auto list, rustc.ask({"--print", "target-list"}, false));
  if (!list.succeeded())
    return Error(ErrorKind::tool,
                 "`rustc --print target-list`: " + list.how_it_ended() + ": " + std::string(trim(list.err)));
  only_names = true;
  return triples_from_list(list.out);
}

struct CfgQuestion {
  std::string triple;
  std::vector<std::string> flags;
};

// What is not in `file` yet, asked on several threads.
Status ask_cfg(const RustcAsker& rustc, const std::vector<CfgQuestion>& questions, FactsFile& file) {
  std::mutex mutex;
  Status status;
  in_parallel(questions.size(), [&](std::size_t i) {
    const auto& [triple, flags] = questions[i];
    std::vector<std::string> arguments{"--print", "cfg", "--target", triple};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    auto output = rustc.ask(std::move(arguments), false);
    std::lock_guard lock(mutex);
    if (!output) {
      status = output.error().with("cfg of " + triple);
      return;
    }
    if (output.value().cancelled) {
      status = Error(ErrorKind::cancelled, "cfg of " + triple + ": cancelled");
      return;
    }
    auto lines = output.value().succeeded() ? lines_of(output.value().out) : std::vector<std::string>();
    file.cfg[cfg_key(triple, flags)] = std::move(lines);
  });
  return status;
}

std::vector<CfgQuestion> missing_cfg(const FactsFile& file, const std::set<std::string>& triples,
                                     const std::vector<std::vector<std::string>>& flag_sets) {
  std::vector<CfgQuestion> out;
  std::set<std::string> asked;
  for (const auto& triple : triples) {
    auto want = [&](const std::vector<std::string>& flags) {
      auto key = cfg_key(triple, flags);
      if (!file.cfg.contains(key) && asked.insert(key).second) out.push_back({triple, flags});
    };
    want({});
    for (const auto& flags : flag_sets) want(flags);
  }
  return out;
}

FactsFile read_facts_file(const fs::path& path, const ToolchainFacts& facts) {
  auto text = read_file(path, 64u << 20);
  if (text) {
    auto file = wire::from_text_json<FactsFile>(text.value());
    if (file && file.value().format == facts_file::kFormat &&
        file.value().rustc_verbose == facts.rustc_verbose)
      return std::move(file).value();
  }
  FactsFile fresh;
  fresh.format = facts_file::kFormat;
  fresh.rustc_verbose = facts.rustc_verbose;
  return fresh;
}

// Another process may have asked other questions meanwhile: both answers stay. A cache that cannot be written
// costs time, nothing else.
void save_facts_file(const fs::path& path, const ToolchainFacts& facts, FactsFile file) {
  if (!make_directories(path.parent_path())) return;
  auto lock = FileLock::acquire(path.string() + ".lock", FileLock::Wait::yes);
  if (!lock) return;
  auto present = read_facts_file(path, facts);
  file.cfg.insert(present.cfg.begin(), present.cfg.end());
  (void)write_file_atomically(path, wire::to_text_json(file));
}

std::set<std::string> wanted_triples(const std::vector<TripleFacts>& known,
                                     const std::vector<std::string>& asked) {
  std::set<std::string> out;
  bool all = std::find(asked.begin(), asked.end(), "*") != asked.end();
  for (const auto& facts : known)
    if (all || std::find(asked.begin(), asked.end(), facts.triple) != asked.end()) out.insert(facts.triple);
  return out;
}

}  // namespace

bool ships_std(const fs::path& sysroot, const std::string& triple) {
  auto lib = sysroot / "lib/rustlib" / triple / "lib";
  std::error_code ec;
  for (fs::directory_iterator it(lib, ec), end; !ec && it != end; it.increment(ec))
    if (it->path().filename().string().starts_with("libcore-")) return true;
  return false;
}

Status add_triple_facts(ToolchainFacts& facts, const std::vector<std::string>& cfg_triples,
                        const std::vector<std::vector<std::string>>& flag_sets, const fs::path& cache,
                        const Surroundings& surroundings, const RunTool& run) {
  auto path = cache / "facts" / (rustc_id(facts) + ".json");
  RustcAsker rustc(facts, surroundings, run);
  auto file = read_facts_file(path, facts);
  bool changed = false;
  if (file.triples.empty()) {
    bool only_names = false;
    TRIPLED_ASSIGN(file.triples, ask_triples(rustc, only_names));
    changed = true;
    if (only_names) {
      TRIPLED_TRY(ask_cfg(rustc, missing_cfg(file, wanted_triples(file.triples, {"*"}), {}), file));
      for (auto& triple : file.triples) fill_from_cfg(triple, file.cfg[triple.triple]);
    }
  }
  auto wanted = wanted_triples(file.triples, cfg_triples);
  if (auto questions = missing_cfg(file, wanted, flag_sets); !questions.empty()) {
    TRIPLED_TRY(ask_cfg(rustc, questions, file));
    changed = true;
  }
  if (changed) save_facts_file(path, facts, file);

  facts.triples = std::move(file.triples);
  for (auto& triple : facts.triples) triple.dist = ships_std(facts.sysroot, triple.triple);
  for (auto& triple : facts.triples) {
    if (!wanted.contains(triple.triple)) continue;
    triple.cfg = file.cfg[triple.triple];
    for (const auto& flags : flag_sets) {
      auto key = cfg_key(triple.triple, flags);
      if (auto answer = file.cfg.find(key); answer != file.cfg.end() && !answer->second.empty())
        facts.cfg_with_flags[key] = answer->second;
    }
  }
  return {};
}

std::vector<ToolchainFacts> collect_facts(const FactsRequest& request, ToolchainFinder& finder,
                                          const fs::path& cache, const RunTool& run) {
  std::vector<ToolchainFacts> out;
  for (const auto& name : request.toolchains) {
    const bool msrv = name == "msrv" && !request.rust_version.empty();
    auto facts = finder.find(msrv ? request.rust_version : name, request.project_dir);
    facts.name = name;
    if (facts.error.empty()) {
      auto added =
          add_triple_facts(facts, request.cfg_triples, request.flag_sets, cache, finder.surroundings(), run);
      if (!added) {
        ToolchainFacts mute;
        mute.name = name;
        mute.error = "toolchain `" + name + "`: " + added.error().message();
        facts = std::move(mute);
      }
    }
    out.push_back(std::move(facts));
  }
  return out;
}

}  // namespace tripled::toolchain
