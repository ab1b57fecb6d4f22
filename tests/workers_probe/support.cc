#include "tests/workers_probe/support.h"

#include <stdlib.h>

#include "config/catalogue/catalogue.h"
#include "schema/base/hash.h"
#include "schema/wire/json.h"
#include "workers/toolchain/discover.h"
#include "workers/toolchain/exec_tools.h"
#include "workers/toolchain/facts.h"
#include "workers/workdir/git.h"

namespace tripled::test {
namespace {

namespace fs = std::filesystem;

std::string own_path() {
  const char* path = ::getenv("PATH");
  return path == nullptr ? "/usr/bin:/bin" : path;
}

toolchain::RunTool tools() {
  static exec::CancelToken never;
  return toolchain::tools_from_exec(exec::ShimPath::self(), never);
}

ToolchainFacts find_toolchain() {
  toolchain::ToolchainFinder finder(toolchain::Surroundings::of_this_process(), tools());
  for (auto facts : finder.all()) {
    if (!facts.error.empty() || facts.rust_src.empty()) continue;
    auto added = toolchain::add_triple_facts(facts, {}, {}, shared_cache(), finder.surroundings(), tools());
    if (added) return facts;
  }
  ToolchainFacts none;
  none.error = "no toolchain with rust-src on this machine";
  return none;
}

toolchain::StdProvider& stds() {
  toolchain::StdOptions options;
  options.cache = shared_cache();
  options.wrapper = fs::path(TRIPLED_BINARY_DIR) / "workers/toolchain/tripled-rustc";
  static toolchain::StdProvider provider(options, toolchain::Surroundings::of_this_process(), tools());
  return provider;
}

}  // namespace

fs::path shared_cache() {
  const char* named = ::getenv("TRIPLED_TEST_CACHE");
  return named != nullptr && *named != '\0' ? fs::path(named) : fs::path(TRIPLED_BINARY_DIR) / "test-cache";
}

const ToolchainFacts& toolchain() {
  static const ToolchainFacts facts = find_toolchain();
  return facts;
}

SetupSpec spec_for(const std::string& triple, bool link, bool run) {
  SetupSpec spec;
  spec.toolchain = toolchain();
  spec.toolchain.triples.clear();
  if (const auto* facts = toolchain().find(triple)) spec.toolchain.triples = {*facts};
  spec.triple = triple;
  spec.catalogue = config::Catalogue::builtin().entry_or_default(triple);
  spec.needs_link = link;
  spec.needs_run = run;
  return spec;
}

Bench::Bench() : dir_(fs::temp_directory_path() / ("tripled-probe-test-" + random_hex())) {
  fs::create_directories(dir_);
  environment["PATH"] = own_path();
  environment["HOME"] = dir_;
}

Bench::~Bench() {
  std::error_code ignored;
  fs::remove_all(dir_, ignored);
}

probe::ProbeContext Bench::context() {
  return {dir_ / "cache",
          exec::ShimPath::self(),
          environment,
          cancel,
          [this](std::string line) { said.push_back(std::move(line)); },
          [](const toolchain::StdRequest& request) { return stds().ensure(request); }};
}

void Bench::only_programs(const std::vector<std::string>& names) {
  auto bin = dir_ / ("bin-" + random_hex());
  fs::create_directories(bin);
  for (const auto& name : names)
    if (auto path = workdir::find_program(name, own_path()); !path.empty())
      fs::create_symlink(path, bin / name);
  environment["PATH"] = bin;
}

std::string text(const probe::SetUp& up) { return wire::pretty(wire::to_json(up.result)) + "\n" + up.log; }

bool has_note(const SetupResult& result, const std::string& part) {
  for (const auto& note : result.notes)
    if (note.find(part) != std::string::npos) return true;
  return false;
}

}  // namespace tripled::test
