#include "config/facts.h"

#include <algorithm>
#include <set>

#include "config/check.h"
#include "config/expand.h"
#include "schema/base/text.h"

namespace tripled::config {

Result<FactsTable> FactsTable::make(const std::vector<ToolchainFacts>& facts) {
  FactsTable out;
  const ToolchainFacts* stand_in = nullptr;
  for (const auto& f : facts)
    if (f.error.empty() && !stand_in) stand_in = &f;
  if (!stand_in) {
    if (facts.empty()) return config_error("no toolchain was looked at");
    return config_error("toolchain `" + facts.front().name + "`: " + facts.front().error);
  }
  std::set<std::string> names;
  for (const auto& f : facts) {
    out.by_name_[f.name] = f.error.empty() ? &f : stand_in;
    if (!f.error.empty()) {
      out.warnings_.push_back("toolchain `" + f.name + "`: " + f.error);
      continue;
    }
    for (const auto& t : f.triples) {
      out.triples_[&f][t.triple] = &t;
      names.insert(t.triple);
    }
  }
  out.all_triples_.assign(names.begin(), names.end());
  return out;
}

const ToolchainFacts* FactsTable::toolchain(const std::string& name) const {
  auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

const TripleFacts* FactsTable::triple(const ToolchainFacts& toolchain, const std::string& name) const {
  auto of_toolchain = triples_.find(&toolchain);
  if (of_toolchain == triples_.end()) return nullptr;
  auto found = of_toolchain->second.find(name);
  return found == of_toolchain->second.end() ? nullptr : found->second;
}

bool FactsTable::known_anywhere(const std::string& triple) const {
  return std::binary_search(all_triples_.begin(), all_triples_.end(), triple);
}

const std::vector<std::string>* FactsTable::cfg(const ToolchainFacts& toolchain, const TripleFacts& triple,
                                                const std::vector<std::string>& flags) const {
  if (flags.empty()) return triple.cfg.empty() ? nullptr : &triple.cfg;
  auto found = toolchain.cfg_with_flags.find(cfg_key(triple.triple, flags));
  return found == toolchain.cfg_with_flags.end() ? nullptr : &found->second;
}

bool FactsTable::has_any_cfg(const ToolchainFacts& toolchain) const {
  return !toolchain.cfg_with_flags.empty() || std::any_of(toolchain.triples.begin(), toolchain.triples.end(),
                                                          [](const auto& t) { return !t.cfg.empty(); });
}

// Options of rustc that cannot change a cfg line. Everything not listed is kept: asking once too often is
// harmless.
static bool is_neutral(std::string_view option) {
  for (std::string_view codegen :
       {"link-", "linker", "debuginfo", "codegen-units", "incremental", "strip", "rpath", "split-debuginfo",
        "save-temps", "metadata", "extra-filename", "remark"})
    if (option.substr(0, codegen.size()) == codegen) return true;
  return false;
}

std::vector<std::string> cfg_flags(const std::vector<std::string>& rustflags) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < rustflags.size(); ++i) {
    std::string_view flag = rustflags[i];
    bool has_next = i + 1 < rustflags.size();
    if (flag == "-g") continue;
    if (flag.size() >= 2 && flag[0] == '-' &&
        std::string_view("WDAFLl").find(flag[1]) != std::string_view::npos) {
      if (flag.size() == 2) ++i;  // `-W name`
      continue;
    }
    if (flag.substr(0, 10) == "--cap-lint" || flag.substr(0, 11) == "--check-cfg") {
      if (!contains(flag, "=")) ++i;
      continue;
    }
    bool codegen = flag == "-C" || flag == "--codegen";
    if (codegen && has_next && is_neutral(rustflags[i + 1])) {
      ++i;
      continue;
    }
    if (flag.substr(0, 2) == "-C" && flag.size() > 2 && is_neutral(flag.substr(2))) continue;
    out.emplace_back(flag);
    // The value of an option belongs to it, whatever it looks like.
    bool takes_value = flag == "-C" || flag == "--codegen" || flag == "-Z" || flag == "--cfg";
    if (takes_value && has_next) out.push_back(rustflags[++i]);
  }
  return out;
}

// --- what has to be asked first
// ----------------------------------------------------------------------------------------

namespace {

using FlagSets = std::set<std::vector<std::string>>;

// Flags after one patch; only `rustflags` matters here.
std::vector<std::string> after(const Patch& patch, std::vector<std::string> flags) {
  Working w;
  w.settings.rustflags.values = std::move(flags);
  for (const auto& a : patch.assignments)
    if (a.key == "rustflags") a.apply(w);
  return w.settings.rustflags.values;
}

FlagSets after_axes(const std::vector<Axis>& axes, const FlagSets& before) {
  FlagSets sets = before;
  for (const auto& axis : axes) {
    FlagSets next;
    for (const auto& value : axis.values)
      for (const auto& flags : sets) next.insert(after(value.settings, flags));
    sets = std::move(next);
  }
  return sets;
}

class Needs {
 public:
  Needs(const Matrix& matrix, bool cfg_everywhere) : matrix_(matrix), everywhere_(cfg_everywhere) {}

  FactsRequest collect() {
    for (const auto& rule : matrix_.rules) everywhere_ = everywhere_ || rule.match.uses_cfg();
    for (const auto& group : matrix_.groups) add_group(group);
    for_each_patch(matrix_, [&](const Patch& patch) { add_patch(patch); });
    request_.project_dir = matrix_.project.source.path;
    if (all_) request_.cfg_triples = {"*"};
    request_.flag_sets.assign(flag_sets_.begin(), flag_sets_.end());
    return std::move(request_);
  }

 private:
  void add_toolchain(const std::string& written) {
    auto known = matrix_.toolchains.find(written);
    auto spec = path_from(matrix_.directory, known == matrix_.toolchains.end() ? written : known->second);
    auto& list = request_.toolchains;
    if (std::find(list.begin(), list.end(), spec) == list.end()) list.push_back(spec);
  }

  void add_patch(const Patch& patch) {
    for (const auto& a : patch.assignments) {
      if (a.key == "toolchain") add_toolchain(a.value);
      if ((a.key == "features" || a.key == "packages") && a.value == "each") request_.packages = true;
    }
  }

  // Without a word about it, a cell uses `stable`.
  void add_default_toolchain(const Group& group) {
    if (matrix_.defaults.find("toolchain") || group.settings.find("toolchain")) return;
    auto has = [](const std::vector<Axis>& axes) {
      return std::any_of(axes.begin(), axes.end(), [](const Axis& a) { return a.name == "toolchain"; });
    };
    bool product = !group.axes.empty() && !has(group.axes);
    bool row = std::any_of(group.include.begin(), group.include.end(),
                           [&](const Include& r) { return !has(r.axes) && !r.settings.find("toolchain"); });
    if (product || row) add_toolchain(Working{}.toolchain_name);
  }

  void add_triples(const std::vector<Axis>& axes) {
    auto& list = request_.cfg_triples;
    for (const auto& axis : axes) {
      if (axis.name != "triple") continue;
      for (const auto& value : axis.values) {
        if (value.expr)
          all_ = true;
        else if (std::find(list.begin(), list.end(), value.name) == list.end())
          list.push_back(value.name);
      }
    }
  }

  static bool uses_cfg(const std::vector<Axis>& axes) {
    for (const auto& axis : axes)
      for (const auto& value : axis.values)
        if ((value.expr && value.expr->uses_cfg()) || (value.where && value.where->uses_cfg())) return true;
    return false;
  }

  static bool uses_cfg(const Group& group) {
    bool any = uses_cfg(group.axes);
    for (const auto& row : group.exclude) any = any || row.when.uses_cfg();
    for (const auto& rule : group.rules) any = any || rule.match.uses_cfg();
    for (const auto& row : group.include)
      any = any || uses_cfg(row.axes) || (row.where && row.where->uses_cfg());
    return any;
  }

  void add_group(const Group& group) {
    add_default_toolchain(group);
    if (!everywhere_ && !uses_cfg(group)) return;
    FlagSets base{after(group.settings, after(matrix_.defaults, {}))};
    add_triples(group.axes);
    if (!group.axes.empty()) add_flags(after_axes(group.axes, base));
    for (const auto& row : group.include) {
      add_triples(row.axes);
      FlagSets sets;
      for (const auto& flags : after_axes(row.axes, base)) sets.insert(after(row.settings, flags));
      add_flags(sets);
    }
  }

  void add_flags(const FlagSets& sets) {
    for (const auto& flags : sets) {
      auto relevant = cfg_flags(flags);
      if (!relevant.empty()) flag_sets_.insert(std::move(relevant));
    }
  }

  const Matrix& matrix_;
  bool everywhere_;  // an expression that every group is asked uses cfg
  bool all_ = false;
  FlagSets flag_sets_;
  FactsRequest request_;
};

}  // namespace

FactsRequest facts_needed(const Matrix& matrix) { return Needs(matrix, false).collect(); }

Result<FactsRequest> facts_needed(const Matrix& matrix, const std::string& only) {
  if (only.empty()) return facts_needed(matrix);
  TRIPLED_ASSIGN(auto expr, parse_expr(only, "--only"));
  return Needs(matrix, expr.uses_cfg()).collect();
}

}  // namespace tripled::config
