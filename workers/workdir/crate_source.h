// A published crate and version as sources: downloaded by cargo from its default registry (yanked versions
// too), copied once below the cache, targets without a file dropped from the copy's manifest.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "workers/exec/capture.h"
#include "workers/workdir/manifest_edit.h"

namespace tripled::workdir {

struct CrateSource {
  std::filesystem::path dir;
  std::string revision;  // its version
  bool ships_lock = false;
  std::vector<MissingTarget> missing;
  std::vector<std::string>
      notes;  // yanked, commit, dropped targets, shipped lock and configuration: for the report
};

// Runs cargo with these arguments, network allowed.
using AskCargo = std::function<Result<exec::Captured>(const std::vector<std::string>& args,
                                                      const std::filesystem::path& cwd)>;

// `cargo_home`: where that cargo keeps its registry. Blocks; callers of one cache wait for each other. usage
// error: no such crate or version; tool error: the registry cannot be reached, with cargo's words.
Result<CrateSource> crate_source(const std::string& name, const std::string& version,
                                 const std::filesystem::path& cache, const std::filesystem::path& cargo_home,
                                 const AskCargo& ask);

// Of one version in cargo's cache of the sparse index: the SHA-256 of its package. nullopt: not in it.
struct IndexEntry {
  std::string checksum;
  bool yanked = false;
};
std::optional<IndexEntry> index_entry(std::string_view cache_file, const std::string& version);
// `fu/tu/futures-util` below `.cache` (cargo book, "Registry Index": index files).
std::string index_path(const std::string& name);

}  // namespace tripled::workdir
