// YAML -> CatalogueEntry: the format that the head of triples.yaml describes. Strict: unknown and duplicate
// keys, wrong kinds of value, unknown families and pitfalls are errors that name file, line and column. Used
// by Catalogue alone; yaml-cpp and its exceptions stay in reader.cc.
#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "schema/base/result.h"
#include "schema/model/catalogue.h"

namespace tripled::config {

inline constexpr std::size_t kCatalogueBytesMax = 1u << 20;

class CatalogueReader {
 public:
  // `name` stands in front of each error: a path, or what the text is.
  explicit CatalogueReader(std::string name) : name_(std::move(name)) {}

  Result<std::map<std::string, CatalogueEntry, std::less<>>> read(std::string_view yaml) const;

 private:
  std::string name_;
};

}  // namespace tripled::config
