#include "daemon/diagnosis/causes/places.h"

#include "daemon/diagnosis/causes/cfg.h"
#include "daemon/diagnosis/causes/items.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {

std::vector<Place> items_of(const Case& of, const Package& package, std::string_view name) {
  const auto& evidence = of.evidence;
  std::vector<Place> out;
  auto dir = shown_directory(evidence, package);
  auto prefix = dir.empty() ? std::string() : dir + "/";
  for (const auto& [file, text] : evidence.files) {
    if (!file.starts_with(prefix) || !file.ends_with(".rs") || !contains(text, name)) continue;
    if (prefix.empty()) {  // the root package: files of other members are not its own
      bool others = false;
      for (const auto& other : evidence.metadata.packages) {
        auto below = shown_directory(evidence, other);
        others = others || (&other != &package && !below.empty() && file.starts_with(below + "/"));
      }
      if (others || !nearest_manifest(evidence, file).empty()) continue;
    }
    for (auto& item : of.sources.find(file)->items(name)) out.push_back({file, std::move(item), &package});
  }
  return out;
}

std::vector<Place> own_items(const Case& of, std::string_view name) {
  if (of.failure.about) return items_of(of, *of.failure.about, name);
  std::vector<Place> out;  // metadata was not kept: the file of the error alone
  if (const auto* source = of.sources.find(of.error.file))
    for (auto& item : source->items(name)) out.push_back({of.error.file, std::move(item), nullptr});
  return out;
}

std::vector<Gate> place_gates(const Case& of, const Place& place) {
  return of.sources.gates(place.file, place.item.line, place.item.column);
}

std::optional<std::string> gate_that_is_off(const Case& of, const Place& place, bool perhaps) {
  std::optional<std::string> open;
  for (const auto& gate : place_gates(of, place)) {
    if (gate.macro) continue;
    auto holds = cfg_holds(gate.predicate, of.evidence, place.owner, of.failure.harness);
    if (holds && !*holds) return normal_cfg(gate.predicate);
    if (!holds && parse_cfg(gate.predicate) && !open) open = normal_cfg(gate.predicate);
  }
  return perhaps ? open : std::nullopt;
}

EvidenceItem place_item(const Place& place) {
  Span at;
  at.file = place.file;
  at.line = place.item.line;
  std::string text = place.item.word;
  for (const auto& gate : place.item.gates) text = "#[cfg(" + normal_cfg(gate.predicate) + ")] " + text;
  return span_item(at, text);
}

std::string function_name(const RustSource& source, int from, int to) {
  for (int i = from; i <= to; ++i) {
    auto words = split_words(source.line(i));
    for (std::size_t w = 0; w + 1 < words.size(); ++w)
      if (words[w] == "fn") return words[w + 1].substr(0, words[w + 1].find_first_of("(<"));
  }
  return {};
}

}  // namespace tripled::diagnosis
