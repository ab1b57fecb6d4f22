#include "config/catalogue/catalogue.h"

#include "config/catalogue/embedded.h"
#include "config/catalogue/reader.h"
#include "schema/base/file.h"

namespace tripled::config {

Result<Catalogue> Catalogue::load(const std::filesystem::path& path) {
  TRIPLED_ASSIGN(const std::string text, read_file(path, kCatalogueBytesMax));
  return parse(text, path.string());
}

Result<Catalogue> Catalogue::parse(std::string_view yaml, std::string name) {
  Catalogue catalogue;
  TRIPLED_ASSIGN(catalogue.entries_, CatalogueReader(std::move(name)).read(yaml));
  return catalogue;
}

const Catalogue& Catalogue::builtin() {
  static const Catalogue catalogue = [] {
    auto parsed = parse(embedded_catalogue(), "triples.yaml (built in)");
    // The tests read the same bytes; a program with a broken catalogue was never tested.
    if (!parsed) check_failed(parsed.error().message().c_str(), __FILE__, __LINE__);
    return std::move(parsed).value();
  }();
  return catalogue;
}

const CatalogueEntry* Catalogue::find(std::string_view triple) const {
  const auto it = entries_.find(triple);
  return it == entries_.end() ? nullptr : &it->second;
}

CatalogueEntry Catalogue::entry_or_default(std::string_view triple) const {
  if (const CatalogueEntry* entry = find(triple)) return *entry;
  CatalogueEntry unknown;
  unknown.triple = triple;
  return unknown;
}

std::vector<std::string> Catalogue::triples() const {
  std::vector<std::string> names;
  names.reserve(entries_.size());
  for (const auto& [triple, entry] : entries_) names.push_back(triple);
  return names;
}

void Catalogue::overlay(const Catalogue& over) {
  for (const auto& [triple, entry] : over.entries_) entries_.insert_or_assign(triple, entry);
}

std::string_view to_string(CatalogueFact fact) {
  switch (fact) {
    case CatalogueFact::linker:
      return "linker";
    case CatalogueFact::compiler:
      return "compiler";
    case CatalogueFact::bindgen:
      return "bindgen";
    case CatalogueFact::pkg_config:
      return "pkg-config";
    case CatalogueFact::sysroot:
      return "sysroot";
    case CatalogueFact::loader:
      return "loader";
    case CatalogueFact::native_on:
      return "native-on";
    case CatalogueFact::qemu:
      return "qemu";
    case CatalogueFact::cpu:
      return "cpu";
    case CatalogueFact::runner:
      return "runner";
    case CatalogueFact::packages:
      return "packages";
  }
  check_failed("CatalogueFact", __FILE__, __LINE__);
}

}  // namespace tripled::config
