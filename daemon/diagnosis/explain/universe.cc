#include "daemon/diagnosis/explain/universe.h"

#include <algorithm>
#include <array>
#include <set>

#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

constexpr std::size_t kContexts = 48;

// What rustc gives one value of per triple; every other line is on or off by itself.
constexpr std::array kSingle = {"target_endian", "target_pointer_width", "target_os",     "target_arch",
                                "target_env",    "target_abi",           "target_vendor", "panic"};

using Named = std::map<std::string, std::string>;

bool is_feature(const std::string& line) { return line.rfind("feature=\"", 0) == 0; }

int rank_of(const std::string& name) {
  auto starts = [&](std::string_view head) { return name.rfind(head, 0) == 0; };
  if (starts("target_endian")) return 0;
  if (starts("target_pointer_width") || starts("target_has_atomic")) return 1;
  if (starts("page size")) return 2;
  if (starts("target_os") || starts("target_family") || name == "unix" || name == "windows") return 3;
  if (starts("target_arch")) return 4;
  if (starts("target_env") || starts("panic") || starts("alignment")) return 5;
  if (starts("target_vendor")) return 8;
  if (starts("target_feature")) return 9;
  if (starts("target_abi")) return 7;
  return 6;
}

// ABI alignment of an integer, in bits, as LLVM's data layout string says it. What it does not name has that
// of the largest integer it names, and LLVM's own default for i64 is 32.
// https://llvm.org/docs/LangRef.html#data-layout
std::string alignment(const std::string& layout, const std::string& integer) {
  for (const auto& part : split(layout, '-'))
    if (part.rfind(integer + ":", 0) == 0) return split(part, ':')[1];
  return integer == "i64" ? "32" : alignment(layout, "i64");
}

// Attributes that the triple and its flags decide, by name.
Named of_triple(const std::vector<std::string>& cfg, const std::string& data_layout) {
  Named out;
  for (const auto& line : cfg) {
    // `unix` and `windows` say again what target_family says.
    if (is_feature(line) || line == "unix" || line == "windows") continue;
    auto equals = line.find("=\"");
    auto key = line.substr(0, equals);
    if (equals != std::string::npos && std::find(kSingle.begin(), kSingle.end(), key) != kSingle.end())
      out[key] = line.substr(equals + 2, line.size() - equals - 3);
    else
      out[line] = "1";
  }
  if (data_layout.empty()) return out;
  for (const std::string integer : {"i64", "i128"})
    out["alignment of " + integer] = alignment(data_layout, integer);
  return out;
}

Named of_settings(const ExplainedCell& cell) {
  Named out = cell.attributes;
  for (const auto& line : cell.cfg)
    if (is_feature(line)) out[line] = "1";
  return out;
}

Attribute attribute(const std::string& name, bool of_triple, const std::set<std::string>& values) {
  Attribute a{name, Attribute::Kind::word, of_triple, false, rank_of(name)};
  bool line = name.find("=\"") != std::string::npos;
  bool single = std::find(kSingle.begin(), kSingle.end(), name) != kSingle.end();
  if (of_triple || line) {
    bool words = name.rfind("alignment of", 0) == 0;
    if (!words) a.kind = single ? Attribute::Kind::cfg_value : Attribute::Kind::cfg_flag;
  }
  a.ordered = a.kind == Attribute::Kind::word && std::all_of(values.begin(), values.end(), [](const auto& v) {
                return v.size() < 18 && v.find_first_not_of("0123456789") == std::string::npos;
              });
  return a;
}

Values in_order(const std::vector<Attribute>& attributes, const Named& triple, const Named& settings) {
  Values out;
  for (const auto& a : attributes) {
    const auto& from = a.of_triple ? triple : settings;
    auto found = from.find(a.name);
    out.push_back(found == from.end() ? "" : found->second);
  }
  return out;
}

// Settings seen, then those with one value exchanged for another one seen.
void add_contexts(Universe& u) {
  std::set<Values> seen;
  for (const auto& values : u.cell_values) {
    Values context = values;
    for (std::size_t a = 0; a < u.attributes.size(); ++a)
      if (u.attributes[a].of_triple) context[a].clear();
    seen.insert(context);
  }
  if (seen.empty()) seen.insert(Values(u.attributes.size()));
  u.contexts.assign(seen.begin(), seen.end());
  auto original = u.contexts;
  for (const auto& context : original)
    for (const auto& other : original)
      for (std::size_t a = 0; a < u.attributes.size(); ++a) {
        auto swapped = context;
        swapped[a] = other[a];
        if (seen.insert(swapped).second) u.contexts.push_back(std::move(swapped));
      }
  u.cut = u.contexts.size() > kContexts;
  if (u.cut) u.contexts.resize(kContexts);
}

}  // namespace

Universe make_universe(const std::vector<ExplainedCell>& cells, const KnownTriples& known) {
  Universe u;
  for (const auto& c : cells)
    if (c.state != CellState::unknown) u.cells.push_back(&c);
  std::sort(u.cells.begin(), u.cells.end(), [](auto* a, auto* b) {
    return std::tie(a->id, a->triple, a->state) < std::tie(b->id, b->triple, b->state);
  });
  for (const auto& t : known.triples)
    if (!t.cfg.empty()) u.known.push_back(&t);
  std::sort(u.known.begin(), u.known.end(), [](auto* a, auto* b) { return a->triple < b->triple; });

  std::vector<Named> cell_triples, cell_settings, known_triples;
  std::map<std::pair<std::string, bool>, std::set<std::string>> values;
  auto note = [&](const Named& named, bool of_triple) {
    for (const auto& [name, value] : named) values[{name, of_triple}].insert(value);
  };
  for (const auto* c : u.cells) {
    cell_triples.push_back(of_triple(c->cfg, c->data_layout));
    cell_settings.push_back(of_settings(*c));
    note(cell_triples.back(), true);
    note(cell_settings.back(), false);
  }
  for (const auto* t : u.known) {
    known_triples.push_back(of_triple(t->cfg, t->data_layout));
    note(known_triples.back(), true);
  }
  for (const auto& [key, seen] : values) u.attributes.push_back(attribute(key.first, key.second, seen));
  std::sort(u.attributes.begin(), u.attributes.end(), [](const auto& a, const auto& b) {
    return std::tie(a.rank, a.name, a.of_triple) < std::tie(b.rank, b.name, b.of_triple);
  });

  u.failing = u.passing = Bits(u.cells.size());
  for (std::size_t i = 0; i < u.cells.size(); ++i) {
    (u.cells[i]->state == CellState::failing ? u.failing : u.passing).add(i);
    u.cell_values.push_back(in_order(u.attributes, cell_triples[i], cell_settings[i]));
  }
  for (const auto& named : known_triples) u.known_values.push_back(in_order(u.attributes, named, {}));
  add_contexts(u);
  return u;
}

}  // namespace tripled::diagnosis
