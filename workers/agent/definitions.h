// Where sources define what rustc could not find: diagnosis sees from there under which cfg an item exists,
// or that a version of a crate does not have it at all. Reads source trees, bounded; errors of single files
// are passed over. Any thread.
#pragma once
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "schema/model/result.h"

namespace tripled::agent {

// Names of items, fields and methods that an error says are missing, and of crates that it mentions.
struct MissingNames {
  std::set<std::string> words, crates;
};
MissingNames missing_names(const Diagnostic& error);

// Files below `root` that define one of the words, the first few in the order of their names.
std::vector<std::filesystem::path> files_defining(const std::filesystem::path& root,
                                                  const std::set<std::string>& words);

}  // namespace tripled::agent
