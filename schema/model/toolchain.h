// What a toolchain says of itself. Made by workers/toolchain, stored with the sweep, used by matrix
// expansion.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "schema/model/reflect.h"

namespace tripled {

// One triple as this rustc knows it (`--print all-target-specs-json`, `--print cfg`).
struct TripleFacts {
  std::string triple;
  std::optional<int> tier;
  bool std = false;  // rustc's metadata: a std exists for it
  bool host_tools = false;
  bool dist = false;  // std is on this machine's disk, shipped with the toolchain
  std::string arch, os, env, endian, description, data_layout, linker_flavor;
  int pointer_width = 0;
  std::vector<std::string>
      cfg;  // lines of `rustc --print cfg`: unix, target_os="linux"; empty: not asked for
};
BOOST_DESCRIBE_STRUCT(TripleFacts, (),
                      (triple, tier, std, host_tools, dist, arch, os, env, endian, description, data_layout,
                       linker_flavor, pointer_width, cfg))

struct ToolchainFacts {
  std::string name;    // as written in the matrix: stable, 1.85, system, /opt/rust
  std::string error;   // not empty: not found here; says what would cure it. The rest is empty then
  std::string worker;  // whose paths these are
  std::string rustc, rustdoc, cargo;  // real paths, never a rustup proxy
  std::string version;                // 1.96.0, 1.98.0-nightly
  std::string channel;                // stable, beta, nightly, dev
  std::string commit, commit_date, host, sysroot;
  std::string rust_src;                      // .../library, empty when absent
  std::string cargo_version, rustc_verbose;  // `cargo -V`, `rustc -vV`
  std::vector<TripleFacts> triples;
  // cfg under flags: key `cfg_key(triple, rustflags)`.
  std::map<std::string, std::vector<std::string>> cfg_with_flags;

  const TripleFacts* find(const std::string& triple_name) const {
    for (const auto& t : triples)
      if (t.triple == triple_name) return &t;
    return nullptr;
  }
};
BOOST_DESCRIBE_STRUCT(ToolchainFacts, (),
                      (name, error, worker, rustc, rustdoc, cargo, version, channel, commit, commit_date,
                       host, sysroot, rust_src, cargo_version, rustc_verbose, triples, cfg_with_flags))

// Flags that can change cfg, joined by spaces behind the triple.
inline std::string cfg_key(const std::string& triple, const std::vector<std::string>& rustflags) {
  std::string key = triple;
  for (const auto& f : rustflags) key += " " + f;
  return key;
}

// What is asked of a worker before a matrix can be expanded.
struct FactsRequest {
  std::vector<std::string> toolchains;              // as written
  std::vector<std::string> cfg_triples;             // triples whose cfg is needed; "*" = all
  std::vector<std::vector<std::string>> flag_sets;  // each also asked for every cfg triple
  std::string project_dir;                          // for `msrv`: where rust-version is read
  bool packages = false;     // `each`: the project's packages and features are needed too
  std::string rust_version;  // what `msrv` is, of a project that lies elsewhere
};
BOOST_DESCRIBE_STRUCT(FactsRequest, (),
                      (toolchains, cfg_triples, flag_sets, project_dir, packages, rust_version))

// A workspace member as `cargo metadata --no-deps` lists it; answers FactsRequest::packages.
struct PackageFacts {
  std::string name;
  std::vector<std::string> features;  // `default` included
  bool default_member = true;         // cargo takes it where no package is named
};
BOOST_DESCRIBE_STRUCT(PackageFacts, (), (name, features, default_member))

// The answer to a FactsRequest.
struct FactsAnswer {
  std::vector<ToolchainFacts> toolchains;  // one per name, in the order asked
  std::optional<std::vector<PackageFacts>> packages;
  std::string packages_error;  // why they were asked for in vain
};
BOOST_DESCRIBE_STRUCT(FactsAnswer, (), (toolchains, packages, packages_error))

}  // namespace tripled
