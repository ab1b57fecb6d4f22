// The catalogue: for each triple the linkers, sysroots, runners, packages and pitfalls that rustc does not
// know. The data is triples.yaml (its head explains every key), built into the program; an operator's file in
// the same format can be laid over it. A Catalogue is plain data: const access from any thread.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"
#include "schema/model/catalogue.h"

namespace tripled::config {

class Catalogue {
 public:
  // Errors are of kind config and start with "<name>:<line>:<column>: "; io when the file cannot be read.
  static Result<Catalogue> load(const std::filesystem::path& path);
  static Result<Catalogue> parse(std::string_view yaml, std::string name);
  // What this program was built with. Parsed once, at the first call.
  static const Catalogue& builtin();

  // nullptr: the catalogue does not name the triple. Valid as long as the catalogue is not changed.
  const CatalogueEntry* find(std::string_view triple) const;
  // An entry that knows nothing but the triple, where the catalogue does not name it.
  CatalogueEntry entry_or_default(std::string_view triple) const;
  std::vector<std::string> triples() const;  // sorted

  // Entries of `over` replace ours with the same triple, whole, and new ones are added.
  void overlay(const Catalogue& over);

 private:
  std::map<std::string, CatalogueEntry, std::less<>> entries_;
};

// The word that stands for the fact in `verified:`.
std::string_view to_string(CatalogueFact fact);

}  // namespace tripled::config
