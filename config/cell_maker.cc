#include "config/cell_maker.h"

#include <algorithm>

#include "config/axis.h"
#include "config/narrow.h"
#include "schema/base/text.h"

namespace tripled::config {
namespace {

// `toolchain` and `profile` can be asked for where they are settings and not coordinates.
std::map<std::string, std::string> with_absent_axes(const Working& w, const Cell& cell) {
  auto axes = cell.axes;
  axes.emplace("toolchain", w.toolchain_name);
  axes.emplace("profile", w.settings.profile.name);
  return axes;
}

// The coordinate that setting `key` would make a lie; null when there is none.
const std::string* coordinate_against(const std::string& key,
                                      const std::map<std::string, std::string>& axes) {
  for (const auto& [axis, value] : axes) {
    bool selects = axis == "packages" || axis == "features";
    if ((axis == key && is_known_axis(axis)) || (key == "scope" && selects)) return &axis;
  }
  return nullptr;
}

std::string make_id(const Group& group, const std::vector<Coordinate>& coordinates,
                    const std::map<std::string, Fan>& fans, const std::map<std::string, std::string>& axes) {
  std::vector<std::string> parts;
  for (const auto& c : coordinates)
    if (c.shown || (fans.count(c.axis->name) && fans.at(c.axis->name).each))
      parts.push_back(axes.at(c.axis->name));
  for (const auto& [key, fan] : fans) {
    bool is_axis = std::any_of(coordinates.begin(), coordinates.end(),
                               [&k = key](const Coordinate& c) { return c.axis->name == k; });
    if (!is_axis && (fan.each || fan.names.size() > 1)) parts.push_back(axes.at(key));
  }
  auto id = join(parts, "/");
  return group.name.empty() ? id : group.name + ":" + id;
}

}  // namespace

Working CellMaker::start() const {
  Working w;
  w.toolchain_names = &matrix_.toolchains;
  w.directory = matrix_.directory;
  return w;
}

// Everything but rules: what decides facts, fans and the flags that cfg is asked with.
void CellMaker::apply_base(const Combination& c, Working& w, bool record) {
  auto apply_all = [&](const Patch& patch, Level level) {
    for (const auto& a : patch.assignments) record ? effects_.apply(a, level, w) : config::apply(a, level, w);
  };
  apply_all(matrix_.defaults, Level::defaults);
  apply_all(c.group.settings, Level::group);
  for (const auto& coordinate : c.coordinates) apply_all(coordinate.value->settings, Level::axis);
  if (c.row && !record) apply_all(c.row->settings, Level::include);
}

// A setting beside a free value must not contradict a coordinate.
Status CellMaker::check_levels(const Combination& c) const {
  std::map<std::string, std::string> axes;
  for (const auto& coordinate : c.coordinates) axes[coordinate.axis->name] = coordinate.name;
  for (const auto& coordinate : c.coordinates)
    for (const auto& a : coordinate.value->settings.assignments)
      if (const std::string* axis = a.coordinate ? nullptr : coordinate_against(a.key, axes))
        return error_at(a.place,
                        "`" + a.key + "` is set here, but `" + *axis + "` is an axis of the same cell");
  return {};
}

// Features of the packages that these words select; `default` is no choice of its own.
static std::vector<std::string> features_of(const std::vector<std::string>& words,
                                            const std::vector<PackageFacts>& packages) {
  auto scope = packages_of_scope(words);
  auto selected = [&](const PackageFacts& p) {
    if (!scope.named.empty()) return matches_any(scope.named, p.name);
    return scope.workspace ? !matches_any(scope.excluded, p.name) : p.default_member;
  };
  std::vector<std::string> out;
  for (const auto& p : packages) {
    if (!selected(p)) continue;
    for (const auto& f : p.features)
      if (f != "default" && std::find(out.begin(), out.end(), f) == out.end()) out.push_back(f);
  }
  return out;
}

// The names that one fan stands for, given what the fans before it picked: `each` looks into the project's
// manifests.
Result<std::vector<std::string>> CellMaker::fan_names(const Combination& c, const std::string& key,
                                                      const Fan& fan, const Choices& picked) {
  if (!fan.each) return fan.names;
  if (!options_.packages) {
    auto why = options_.packages_error.empty() ? "which nobody has read here" : options_.packages_error;
    return error_at(fan.place, "`" + key + ": each` needs the project's manifests: " + why);
  }
  Working w = start();
  w.choice = picked;
  apply_base(c, w, false);
  if (key == "features") return features_of(w.selection.words(), *options_.packages);
  std::vector<std::string> out;
  for (const auto& p : *options_.packages)
    if (!matches_any(w.selection.exclude.value, p.name)) out.push_back(p.name);
  return out;
}

// All combinations of what the fans stand for, the last fastest; packages come before their features.
Result<std::vector<CellMaker::Choices>> CellMaker::choices_of(const Combination& c, const Working& base) {
  std::vector<Choices> choices{{}};
  for (const char* key : {"scope", "packages", "features"}) {
    auto fan = base.fans.find(key);
    if (fan == base.fans.end()) continue;
    std::vector<Choices> next;
    for (const auto& picked : choices) {
      TRIPLED_ASSIGN(auto names, fan_names(c, key, fan->second, picked));
      for (std::size_t i = 0; i < names.size(); ++i) {
        next.push_back(picked);
        next.back()[key] = {i, names[i]};
      }
      if (next.size() > options_.cell_limit)
        return error_at(fan->second.place,
                        "more than " + std::to_string(options_.cell_limit) + " cells (the limit)");
    }
    if (next.empty())
      return error_at(fan->second.place,
                      std::string("`") + key + ": each` stands for nothing: the project has no " + key);
    choices = std::move(next);
  }
  return choices;
}

Result<std::vector<MadeCell>> CellMaker::make(const Group& group, const std::vector<Coordinate>& coordinates,
                                              const Include* row) {
  Combination c{group, coordinates, row};
  TRIPLED_TRY(check_levels(c));
  Working base = start();
  apply_base(c, base, false);
  TRIPLED_ASSIGN(auto choices, choices_of(c, base));
  std::vector<MadeCell> out;
  for (const auto& choice : choices) {
    TRIPLED_ASSIGN(auto made, make_one(c, base.fans, choice));
    for (auto& cell : made) out.push_back(std::move(cell));
  }
  return out;
}

Result<CellMaker::Facts> CellMaker::facts_of(const CellSettings& settings) const {
  Facts out;
  out.toolchain = facts_.toolchain(settings.toolchain);
  if (!out.toolchain)
    return config_error("the facts of toolchain `" + settings.toolchain + "` are not known");
  return out;
}

Result<bool> CellMaker::evaluate_for(const Expr& expr, const MadeCell& made, const Facts& facts,
                                     const CellSettings& settings, const std::string& group) const {
  EvalContext context;
  context.axes = &made.eval_axes;
  context.group = group;
  context.toolchain = facts.toolchain;
  context.triple = facts.triple;
  if (facts.triple) {
    context.cfg = facts_.cfg(*facts.toolchain, *facts.triple, made.base_flags);
    context.emulated = [&] {
      const auto& native = options_.runs_natively;
      return native ? !native(*facts.toolchain, *facts.triple, settings)
                    : !runs_natively_by_default(*facts.toolchain, *facts.triple, settings);
    };
  }
  auto result = evaluate(expr, context);
  if (result || !facts.triple || !facts_.has_any_cfg(*facts.toolchain)) return result;
  without_cfg_[facts.toolchain->name].insert(facts.triple->triple);
  return false;
}

std::vector<std::string> CellMaker::warnings() const {
  std::vector<std::string> out;
  for (const auto& [toolchain, triples] : without_cfg_)
    out.push_back("toolchain `" + toolchain + "` could not tell the cfg of " +
                  join({triples.begin(), triples.end()}, ", ") +
                  ": conditions with cfg(…) count as false there");
  return out;
}

Result<bool> CellMaker::holds(const Expr& expr, const MadeCell& made, const std::string& group) const {
  TRIPLED_ASSIGN(auto facts, facts_of(made.cell.settings));
  facts.triple = facts_.triple(*facts.toolchain, made.cell.triple);
  if (!facts.triple && expr.uses_cfg()) return false;  // excluded: this toolchain does not know the triple
  return evaluate_for(expr, made, facts, made.cell.settings, group);
}

Result<bool> CellMaker::exists(const Combination& c, const Facts& facts, const MadeCell& made,
                               const CellSettings& base) const {
  for (const auto& coordinate : c.coordinates)
    for (const auto* condition : {&coordinate.value->expr, &coordinate.value->where}) {
      if (!*condition) continue;
      TRIPLED_ASSIGN(bool here, evaluate_for(**condition, made, facts, base, c.group.name));
      if (!here) return false;
    }
  if (!c.row || !c.row->where) return true;
  return evaluate_for(*c.row->where, made, facts, base, c.group.name);
}

Result<std::vector<MadeCell>> CellMaker::make_one(const Combination& c,
                                                  const std::map<std::string, Fan>& fans,
                                                  const Choices& choice) {
  MadeCell made;
  Cell& cell = made.cell;
  bool from_expr = false;
  for (const auto& coordinate : c.coordinates) {
    cell.axes[coordinate.axis->name] = coordinate.name;
    cell.provenance[coordinate.axis->name] = coordinate.value->place.text();
    if (coordinate.axis->name == "triple") cell.triple = coordinate.name;
    from_expr = from_expr || coordinate.from_expr;
  }
  for (const auto& [key, picked] : choice) cell.axes[key] = picked.name;
  cell.group = c.group.name;
  cell.id = make_id(c.group, c.coordinates, fans, cell.axes);

  Working base = start();
  base.choice = choice;
  apply_base(c, base, false);
  made.eval_axes = with_absent_axes(base, cell);
  made.base_flags = cfg_flags(base.settings.rustflags.values);
  TRIPLED_ASSIGN(auto facts, facts_of(base.settings));
  facts.triple = facts_.triple(*facts.toolchain, cell.triple);

  std::vector<MadeCell> out;
  if (facts.triple) {
    TRIPLED_ASSIGN(bool here, exists(c, facts, made, base.settings));
    if (!here) return out;
  } else if (from_expr) {
    return out;
  }
  Working w = start();
  w.choice = choice;
  apply_base(c, w, true);
  made.when = base_when(c);
  if (facts.triple) TRIPLED_TRY(apply_rules(c, facts, made, w));
  if (c.row && c.row->settings.when) made.when = &*c.row->settings.when;
  if (c.row)
    for (const auto& a : c.row->settings.assignments) effects_.apply(a, Level::include, w);
  effects_.finish_cell(w, facts.toolchain->host == cell.triple);
  cell.settings = w.settings;
  made.eval_axes = with_absent_axes(w, cell);  // `exclude` and `--only` see what rules made of them
  for (const auto& [key, place] : w.provenance) cell.provenance[key] = place;
  if (w.settings.toolchain != base.settings.toolchain) {  // by a rule
    TRIPLED_ASSIGN(facts, facts_of(w.settings));
    facts.triple = facts_.triple(*facts.toolchain, cell.triple);
  }
  if (!facts.triple)
    cell.excluded_reason =
        "rustc " + facts.toolchain->version + " (" + w.toolchain_name + ") does not know this triple";
  else if (!c.row)  // rows come after `exclude`
    TRIPLED_TRY(exclude(c.group, facts, made));
  out.push_back(std::move(made));
  return out;
}

Status CellMaker::apply_rules(const Combination& c, const Facts& facts, MadeCell& made, Working& w) {
  for (const auto* rules : {&matrix_.rules, &c.group.rules})
    for (const auto& rule : *rules) {
      // The row's own settings come last, yet a rule that asks `emulated` must see its `run` and `runner`.
      std::optional<Working> with_row;
      if (c.row) {
        with_row = w;
        for (const auto& a : c.row->settings.assignments) config::apply(a, Level::include, *with_row);
      }
      const auto& seen = with_row ? with_row->settings : w.settings;
      TRIPLED_ASSIGN(bool hit, evaluate_for(rule.match, made, facts, seen, c.group.name));
      if (!hit) continue;
      matches_.insert(&rule);
      TRIPLED_TRY(apply_rule(rule, made, w));
    }
  return {};
}

const When* CellMaker::base_when(const Combination& c) const {
  const When* out = nullptr;
  auto see = [&](const Patch& patch) {
    if (patch.when) out = &*patch.when;
  };
  see(matrix_.defaults);
  see(c.group.settings);
  for (const auto& coordinate : c.coordinates) see(coordinate.value->settings);
  return out;
}

Status CellMaker::apply_rule(const Rule& rule, MadeCell& made, Working& w) {
  if (rule.settings.when) made.when = &*rule.settings.when;
  for (const auto& a : rule.settings.assignments) {
    if (const std::string* axis = coordinate_against(a.key, made.cell.axes))
      return error_at(a.place, "a rule cannot set `" + a.key + "` of cell " + made.cell.id + ": `" + *axis +
                                   "` is an axis there");
    effects_.apply(a, Level::rule, w);
  }
  return {};
}

Status CellMaker::exclude(const Group& group, const Facts& facts, MadeCell& made) {
  for (const auto& row : group.exclude) {
    TRIPLED_ASSIGN(bool hit, evaluate_for(row.when, made, facts, made.cell.settings, group.name));
    if (!hit) continue;
    matches_.insert(&row);
    if (made.cell.excluded_reason.empty()) {
      made.cell.excluded_reason = row.reason;
      made.cell.provenance["excluded"] = row.place.text();
    }
  }
  return {};
}

bool runs_natively_by_default(const ToolchainFacts& toolchain, const TripleFacts& triple,
                              const CellSettings& settings) {
  if (settings.run == "native" || settings.run == "no") return true;
  if (settings.run == "emulated") return false;
  if (settings.runner) return settings.runner->kind != RunnerKind::emulated;
  const TripleFacts* host = toolchain.find(toolchain.host);
  if (!host) return triple.triple == toolchain.host;
  bool same_arch = triple.arch == host->arch || (triple.arch == "x86" && host->arch == "x86_64");
  return triple.os == host->os && same_arch;
}

}  // namespace tripled::config
