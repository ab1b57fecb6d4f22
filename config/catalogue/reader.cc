#include "config/catalogue/reader.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "config/catalogue/catalogue.h"
#include "config/catalogue/placeholders.h"
#include "schema/base/text.h"

namespace tripled::config {
namespace {

using Entries = std::map<std::string, CatalogueEntry, std::less<>>;
using Words = std::vector<std::string>;
using Field = std::pair<std::string, YAML::Node>;  // a key and its value

struct ListKey {
  std::string_view name;
  Words CatalogueEntry::*list;
};
constexpr ListKey kListKeys[] = {
    {"linker", &CatalogueEntry::linkers},
    {"cc", &CatalogueEntry::cc},
    {"cxx", &CatalogueEntry::cxx},
    {"ar", &CatalogueEntry::ar},
    {"ranlib", &CatalogueEntry::ranlib},
    {"bindgen", &CatalogueEntry::bindgen_arguments},
    {"pkg-config", &CatalogueEntry::pkg_config_dirs},
    {"sysroot", &CatalogueEntry::sysroots},
    {"library-dirs", &CatalogueEntry::library_dirs},
    {"native-on", &CatalogueEntry::native_on},
    {"qemu", &CatalogueEntry::qemu},
    {"cpu", &CatalogueEntry::cpus},
};
struct TextKey {
  std::string_view name;
  std::string CatalogueEntry::*text;
};
constexpr TextKey kTextKeys[] = {
    {"cross", &CatalogueEntry::cross_prefix},
    {"debian", &CatalogueEntry::debian_architecture},
    {"loader", &CatalogueEntry::loader},
    {"notes", &CatalogueEntry::notes},
};
struct PackageKey {
  std::string_view name;
  PackageChoices CataloguePackages::*choices;
};
constexpr PackageKey kPackageKeys[] = {
    {"linker", &CataloguePackages::linker},   {"cxx", &CataloguePackages::cxx},
    {"sysroot", &CataloguePackages::sysroot}, {"qemu", &CataloguePackages::qemu},
    {"native", &CataloguePackages::native},   {"runner", &CataloguePackages::runner},
};
constexpr CatalogueFact kFacts[] = {
    CatalogueFact::linker,  CatalogueFact::compiler, CatalogueFact::bindgen,   CatalogueFact::pkg_config,
    CatalogueFact::sysroot, CatalogueFact::loader,   CatalogueFact::native_on, CatalogueFact::qemu,
    CatalogueFact::cpu,     CatalogueFact::runner,   CatalogueFact::packages,
};

const Words& entry_keys() {
  static const Words keys = [] {
    Words all = {"family", "packages", "pitfalls", "runner", "verified", "unverified"};
    for (const ListKey& key : kListKeys) all.emplace_back(key.name);
    for (const TextKey& key : kTextKeys) all.emplace_back(key.name);
    return all;
  }();
  return keys;
}

// Reads one document; `name` is the file's. Not reusable.
class Document {
 public:
  explicit Document(const std::string& name) : name_(name) {}

  Result<Entries> read(const YAML::Node& root);
  Error at(const YAML::Mark& mark, const std::string& message) const {
    return config_error(name_ + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1) +
                        ": " + message);
  }

 private:
  // The pairs of a map whose keys are all among `known` (empty: any), without duplicates.
  Result<std::vector<Field>> fields(const YAML::Node& node, const std::string& what,
                                    const Words& known) const;
  Error unknown_key(const YAML::Mark& mark, const std::string& key, const Words& known) const;
  Result<std::string> text(const YAML::Node& node, const std::string& what) const;
  Result<Words> list(const YAML::Node& node, const std::string& what) const;
  Result<bool> yes(const YAML::Node& node, const std::string& what) const;

  Status read_pitfalls(const YAML::Node& node);
  Status read_families(const YAML::Node& node);
  Result<CatalogueEntry> read_entry(const std::string& triple, const YAML::Node& node) const;

  // What an entry and a family have in common.
  Status apply(CatalogueEntry& entry, const std::string& key, const YAML::Node& value) const;
  Status apply_packages(CataloguePackages& packages, const YAML::Node& value) const;
  Status apply_pitfalls(std::vector<Pitfall>& pitfalls, const YAML::Node& value) const;
  Result<CatalogueRunner> read_runner(const YAML::Node& value) const;
  Result<std::vector<CatalogueFact>> read_facts(const YAML::Node& value) const;
  Status check(const CatalogueEntry& entry, const YAML::Mark& mark) const;

  std::string name_;
  std::map<std::string, Pitfall> pitfalls_;
  std::map<std::string, std::vector<Field>> families_;
};

Error Document::unknown_key(const YAML::Mark& mark, const std::string& key, const Words& known) const {
  const auto near = nearest(key, known);
  return at(mark, "unknown key `" + key + "`" + (near ? ", did you mean `" + *near + "`?" : ""));
}

Result<std::vector<Field>> Document::fields(const YAML::Node& node, const std::string& what,
                                            const Words& known) const {
  if (!node.IsMap()) return at(node.Mark(), what + " must be a map");
  std::vector<Field> pairs;
  std::set<std::string> seen;
  for (const auto& pair : node) {
    TRIPLED_ASSIGN(const std::string key, text(pair.first, "a key of " + what));
    if (!known.empty() && std::find(known.begin(), known.end(), key) == known.end()) {
      return unknown_key(pair.first.Mark(), key, known);
    }
    if (!seen.insert(key).second) return at(pair.first.Mark(), "`" + key + "` stands twice in " + what);
    pairs.emplace_back(key, pair.second);
  }
  return pairs;
}

Result<std::string> Document::text(const YAML::Node& node, const std::string& what) const {
  if (!node.IsScalar() || node.Scalar().empty()) return at(node.Mark(), what + " must be a text");
  return node.Scalar();
}

Result<Words> Document::list(const YAML::Node& node, const std::string& what) const {
  Words words;
  if (node.IsScalar()) {
    TRIPLED_ASSIGN(std::string word, text(node, what));
    words.push_back(std::move(word));
    return words;
  }
  if (!node.IsSequence()) return at(node.Mark(), what + " must be a list of texts");
  for (const YAML::Node& item : node) {
    TRIPLED_ASSIGN(std::string word, text(item, "an item of " + what));
    words.push_back(std::move(word));
  }
  return words;
}

Result<bool> Document::yes(const YAML::Node& node, const std::string& what) const {
  if (!node.IsScalar() || node.Scalar() != "true") return at(node.Mark(), what + " can only be true");
  return true;
}

Status Document::read_pitfalls(const YAML::Node& node) {
  TRIPLED_ASSIGN(const auto pairs, fields(node, "`pitfalls`", {}));
  for (const auto& [id, value] : pairs) {
    TRIPLED_ASSIGN(const auto parts, fields(value, "pitfall `" + id + "`", {"text", "source", "unverified"}));
    Pitfall pitfall;
    pitfall.id = id;
    for (const auto& [key, part] : parts) {
      if (key == "unverified") {
        TRIPLED_ASSIGN(pitfall.unverified, yes(part, "`unverified`"));
      } else {
        TRIPLED_ASSIGN((key == "text" ? pitfall.text : pitfall.source), text(part, "`" + key + "`"));
      }
    }
    if (pitfall.text.empty()) return at(value.Mark(), "pitfall `" + id + "` has no `text`");
    if (pitfall.source.empty()) return at(value.Mark(), "pitfall `" + id + "` has no `source`");
    pitfalls_.emplace(id, std::move(pitfall));
  }
  return {};
}

Status Document::read_families(const YAML::Node& node) {
  TRIPLED_ASSIGN(const auto pairs, fields(node, "`families`", {}));
  for (const auto& [name, value] : pairs) {
    TRIPLED_ASSIGN(const auto parts, fields(value, "family `" + name + "`", entry_keys()));
    CatalogueEntry scratch;  // errors in a family show even where no entry uses it
    for (const auto& [key, part] : parts) {
      if (key == "family" || key == "verified" || key == "unverified") {
        return at(part.Mark(), "`" + key + "` belongs into an entry, not into a family");
      }
      TRIPLED_TRY(apply(scratch, key, part));
    }
    families_.emplace(name, parts);
  }
  return {};
}

Status Document::apply(CatalogueEntry& entry, const std::string& key, const YAML::Node& value) const {
  for (const ListKey& known : kListKeys) {
    if (known.name != key) continue;
    TRIPLED_ASSIGN(entry.*known.list, list(value, "`" + key + "`"));
    return {};
  }
  for (const TextKey& known : kTextKeys) {
    if (known.name != key) continue;
    TRIPLED_ASSIGN(entry.*known.text, text(value, "`" + key + "`"));
    return {};
  }
  if (key == "packages") return apply_packages(entry.packages, value);
  if (key == "pitfalls") return apply_pitfalls(entry.pitfalls, value);
  TRIPLED_CHECK(key == "runner");
  TRIPLED_ASSIGN(entry.runner, read_runner(value));
  return {};
}

Status Document::apply_packages(CataloguePackages& packages, const YAML::Node& value) const {
  Words known;
  for (const PackageKey& key : kPackageKeys) known.emplace_back(key.name);
  TRIPLED_ASSIGN(const auto parts, fields(value, "`packages`", known));
  for (const auto& [name, part] : parts) {
    TRIPLED_ASSIGN(const Words alternatives, list(part, "`" + name + "`"));
    PackageChoices choices;
    for (const std::string& alternative : alternatives) choices.push_back(split_words(alternative));
    for (const PackageKey& key : kPackageKeys) {
      if (key.name == name) packages.*key.choices = choices;
    }
  }
  return {};
}

Status Document::apply_pitfalls(std::vector<Pitfall>& pitfalls, const YAML::Node& value) const {
  TRIPLED_ASSIGN(const Words ids, list(value, "`pitfalls`"));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const YAML::Mark mark = value.IsSequence() ? value[i].Mark() : value.Mark();
    const auto it = pitfalls_.find(ids[i]);
    if (it == pitfalls_.end()) {
      Words known;
      for (const auto& [id, pitfall] : pitfalls_) known.push_back(id);
      const auto near = nearest(ids[i], known);
      return at(mark, "unknown pitfall `" + ids[i] + "`" + (near ? ", did you mean `" + *near + "`?" : ""));
    }
    if (std::find(pitfalls.begin(), pitfalls.end(), it->second) == pitfalls.end())
      pitfalls.push_back(it->second);
  }
  return {};
}

Result<CatalogueRunner> Document::read_runner(const YAML::Node& value) const {
  TRIPLED_ASSIGN(const auto parts, fields(value, "`runner`", {"name", "programs", "arguments"}));
  CatalogueRunner runner;
  for (const auto& [key, part] : parts) {
    if (key == "name") {
      TRIPLED_ASSIGN(runner.name, text(part, "`name`"));
    } else {
      TRIPLED_ASSIGN((key == "programs" ? runner.programs : runner.arguments), list(part, "`" + key + "`"));
    }
  }
  if (runner.name.empty() != runner.programs.empty()) {
    return at(value.Mark(), "a runner has both `name` and `programs`");
  }
  return runner;
}

Result<std::vector<CatalogueFact>> Document::read_facts(const YAML::Node& value) const {
  TRIPLED_ASSIGN(const Words words, list(value, "`verified`"));
  Words known;
  for (const CatalogueFact fact : kFacts) known.emplace_back(to_string(fact));
  std::vector<CatalogueFact> facts;
  for (const std::string& word : words) {
    const auto it = std::find(known.begin(), known.end(), word);
    if (it == known.end()) {
      return at(value.Mark(), "`verified` knows no `" + word + "`; it may name " + join(known, ", "));
    }
    facts.push_back(kFacts[it - known.begin()]);
  }
  std::sort(facts.begin(), facts.end());
  if (facts.empty()) return at(value.Mark(), "`verified` is empty, say `unverified: true`");
  return facts;
}

Result<CatalogueEntry> Document::read_entry(const std::string& triple, const YAML::Node& node) const {
  TRIPLED_ASSIGN(const auto parts, fields(node, "`" + triple + "`", entry_keys()));
  CatalogueEntry entry;
  entry.triple = triple;
  entry.in_catalogue = true;
  bool unverified = false;
  for (const auto& [key, part] : parts) {
    if (key != "family") continue;
    TRIPLED_ASSIGN(const std::string family, text(part, "`family`"));
    const auto it = families_.find(family);
    if (it == families_.end()) return at(part.Mark(), "unknown family `" + family + "`");
    for (const auto& [name, value] : it->second) TRIPLED_TRY(apply(entry, name, value));
  }
  for (const auto& [key, part] : parts) {
    if (key == "family") continue;
    if (key == "verified") {
      TRIPLED_ASSIGN(entry.verified, read_facts(part));
    } else if (key == "unverified") {
      TRIPLED_ASSIGN(unverified, yes(part, "`unverified`"));
    } else {
      TRIPLED_TRY(apply(entry, key, part));
    }
  }
  if (unverified != entry.verified.empty()) {
    return at(node.Mark(), "`" + triple + "` needs either `verified: […]` or `unverified: true`");
  }
  if (auto filled = fill_placeholders(entry); !filled) return at(node.Mark(), filled.error().message());
  TRIPLED_TRY(check(entry, node.Mark()));
  return entry;
}

Status Document::check(const CatalogueEntry& entry, const YAML::Mark& mark) const {
  const std::string who = "`" + entry.triple + "`: ";
  for (const Words* directories : {&entry.sysroots, &entry.pkg_config_dirs}) {
    for (const std::string& directory : *directories) {
      if (directory.front() != '/') return at(mark, who + "`" + directory + "` is not absolute");
    }
  }
  Words inside = entry.library_dirs;
  if (!entry.loader.empty()) inside.push_back(entry.loader);
  for (const std::string& path : inside) {
    if (path.front() == '/') return at(mark, who + "`" + path + "` must be relative to the sysroot");
  }
  if (!entry.cpus.empty() && entry.qemu.empty()) return at(mark, who + "`cpu` without `qemu`");
  return {};
}

Result<Entries> Document::read(const YAML::Node& root) {
  TRIPLED_ASSIGN(const auto parts,
                 fields(root, "a catalogue", {"format", "pitfalls", "families", "triples"}));
  if (parts.empty() || parts.front().first != "format" || !parts.front().second.IsScalar() ||
      parts.front().second.Scalar() != "1") {
    return at(root.Mark(), "a catalogue starts with `format: 1`");
  }
  // In this order, wherever they stand: entries use families, both use pitfalls.
  if (const YAML::Node node = root["pitfalls"]) TRIPLED_TRY(read_pitfalls(node));
  if (const YAML::Node node = root["families"]) TRIPLED_TRY(read_families(node));
  Entries entries;
  if (const YAML::Node node = root["triples"]) {
    TRIPLED_ASSIGN(const auto pairs, fields(node, "`triples`", {}));
    for (const auto& [triple, value] : pairs) {
      TRIPLED_ASSIGN(CatalogueEntry entry, read_entry(triple, value));
      entries.emplace(triple, std::move(entry));
    }
  }
  return entries;
}

}  // namespace

Result<Entries> CatalogueReader::read(std::string_view yaml) const {
  Document document(name_);
  if (yaml.size() > kCatalogueBytesMax) return config_error(name_ + ": larger than 1 MiB");
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(yaml));
    if (documents.empty()) return document.at({}, "the file is empty");
    if (documents.size() > 1) return document.at(documents[1].Mark(), "a second document");
    return document.read(documents.front());
  } catch (const YAML::Exception& e) {
    return document.at(e.mark, e.msg);
  }
}

}  // namespace tripled::config
