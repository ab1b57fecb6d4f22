#include "daemon/diagnosis/causes/failures.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

bool same_error(const Diagnostic& a, const Diagnostic& b) {
  return a.code == b.code && a.message == b.message && a.file == b.file && a.line == b.line &&
         a.package == b.package;
}

bool before(const Diagnostic* a, const Diagnostic* b) {
  auto rank_a = error_rank(*a), rank_b = error_rank(*b);
  return std::tie(rank_a, a->file, a->line, a->column, a->code, a->message, a->rendered) <
         std::tie(rank_b, b->file, b->line, b->column, b->code, b->message, b->rendered);
}

// Which target of its package an error belongs to: cargo's diagnostics name the package alone.
class Targets {
 public:
  explicit Targets(const Evidence& evidence) : evidence_(evidence) {}

  std::tuple<std::string, std::string, bool> of(const Diagnostic& error) const {
    if (error.message.starts_with("build script of `")) return {"build-script-build", "custom-build", false};
    const UnitResult* found = nullptr;
    for (const auto& unit : evidence_.units) {
      bool failed = unit.package == error.package && unit.blocked_by.empty() &&
                    (unit.verdict == Verdict::fail || unit.verdict == Verdict::broken);
      if (!failed) continue;
      int score = score_of(unit, error), best = found ? score_of(*found, error) : -1;
      if (score > best || (score == best && std::tuple(unit.harness, unit.kind, unit.target) <
                                                std::tuple(found->harness, found->kind, found->target)))
        found = &unit;
    }
    if (found) return {found->target, found->kind, found->harness};
    // A dependency has no unit of its own.
    if (const auto* package = evidence_.metadata.find(error.package))
      for (const auto& target : package->targets)
        if (target.kind == "lib" || target.kind == "proc-macro")
          return {crate_name(target.name), target.kind, false};
    return {error.package.empty() ? std::string() : crate_name(error.package), "lib", false};
  }

 private:
  int score_of(const UnitResult& unit, const Diagnostic& error) const {
    int score = 0;
    if (unit.first_error && same_error(*unit.first_error, error)) score += 8;
    if (is_root(unit, error.file)) score += 4;
    if (unit.kind == "lib") score += 1;
    return score;
  }

  bool is_root(const UnitResult& unit, const std::string& file) const {
    if (file.empty()) return false;
    const auto* package = evidence_.metadata.find(unit.package);
    if (!package) return false;
    for (const auto& target : package->targets)
      if (crate_name(target.name) == crate_name(unit.target) && target.kind == unit.kind &&
          (target.src_path == file || target.src_path.ends_with("/" + file)))
        return true;
    return false;
  }

  const Evidence& evidence_;
};

Diagnostic made_of(std::string package, std::string message, std::string text) {
  Diagnostic out;
  out.package = std::move(package);
  out.message = std::move(message);
  out.rendered = std::move(text);
  return out;
}

// Errors that no diagnostic of rustc carries.
void add_words(const Evidence& evidence, Words& words) {
  auto told = [&](const std::string& message) {
    return std::any_of(evidence.diagnostics.begin(), evidence.diagnostics.end(),
                       [&](const Diagnostic& d) { return d.message == message; });
  };
  for (const auto& said : evidence.cargo)
    if (!told(said.message)) words.push_back(made_of(said.package, said.message, said.text));
  const auto& process = evidence.process;
  if (process.outcome == Outcome::signalled)
    words.push_back(made_of("", "cargo was ended by signal " + std::to_string(process.code), process.reason));
  if (process.outcome == Outcome::could_not_start)
    words.push_back(made_of("", "cargo could not be started: " + process.reason, evidence.said));
  if (!evidence.broken_reason.empty() && evidence.diagnostics.empty() && words.empty())
    words.push_back(made_of("", evidence.broken_reason, evidence.said));
}

// Does the graph say that `user` can only be compiled after `needed`?
class Order {
 public:
  explicit Order(const Evidence& evidence) : evidence_(evidence) {
    for (std::size_t i = 0; i < evidence.graph.size(); ++i) places_[evidence.graph[i].package].push_back(i);
  }

  // Place of the unit in the graph, else of its package's depth.
  std::size_t depth(const Failure& failure) const {
    auto found = places_.find(failure.package);
    if (found == places_.end()) return package_depth(failure.about, 0);
    for (auto i : found->second)
      if (evidence_.graph[i].target == failure.target && evidence_.graph[i].harness == failure.harness)
        return i;
    return found->second.front();
  }

  bool needs(const Failure& user, const Failure& needed) const {
    if (user.package == needed.package || needed.package.empty() || user.package.empty()) return false;
    if (evidence_.graph.empty()) return package_needs(user, needed);
    auto users = units(user), wanted = units(needed);
    // Compiled for the host and for the triple: which of both failed is not known.
    if (users.empty() || wanted.size() != 1) return false;
    std::set<std::size_t> seen;
    std::vector<std::size_t> todo(users.begin(), users.end());
    while (!todo.empty()) {
      auto at = todo.back();
      todo.pop_back();
      if (!seen.insert(at).second) continue;
      if (at == wanted.front()) return true;
      for (int need : evidence_.graph[at].needs)
        if (need >= 0 && static_cast<std::size_t>(need) < evidence_.graph.size())
          todo.push_back(static_cast<std::size_t>(need));
    }
    return false;
  }

 private:
  std::vector<std::size_t> units(const Failure& failure) const {
    std::vector<std::size_t> out;
    auto found = places_.find(failure.package);
    if (found == places_.end()) return out;
    for (auto i : found->second) {
      const auto& unit = evidence_.graph[i];
      bool same = failure.kind == "custom-build"
                      ? unit.kind == "run-custom-build"
                      : crate_name(unit.target) == crate_name(failure.target) && unit.kind == failure.kind;
      if (same && unit.harness == failure.harness) out.push_back(i);
    }
    return out;
  }

  bool package_needs(const Failure& user, const Failure& needed) const {
    if (!user.about || !needed.about || needed.harness ||
        (needed.kind != "lib" && needed.kind != "proc-macro" && needed.kind != "custom-build"))
      return false;
    std::set<const Package*> seen;
    std::vector<const Package*> todo{user.about};
    while (!todo.empty()) {
      const auto* at = todo.back();
      todo.pop_back();
      if (!at || !seen.insert(at).second) continue;
      if (at == needed.about) return true;
      for (const auto& [crate, id] : at->resolved) {
        bool dev = std::any_of(at->dependencies.begin(), at->dependencies.end(),
                               [&name = crate](const Dependency& d) {
                                 return d.crate() == name && d.kind == "dev";
                               }) &&
                   std::none_of(
                       at->dependencies.begin(), at->dependencies.end(),
                       [&name = crate](const Dependency& d) { return d.crate() == name && d.kind != "dev"; });
        if (!dev || user.harness) todo.push_back(evidence_.metadata.by_id(id));
      }
    }
    return false;
  }

  std::size_t package_depth(const Package* package, int guard) const {
    if (!package || guard > 64) return 0;
    std::size_t deepest = 0;
    for (const auto& [crate, id] : package->resolved) {
      const auto* next = evidence_.metadata.by_id(id);
      auto dev =
          std::any_of(package->dependencies.begin(), package->dependencies.end(),
                      [&name = crate](const Dependency& d) { return d.crate() == name && d.kind == "dev"; });
      if (!dev && next != package) deepest = std::max(deepest, 1 + cached_depth(next, guard + 1));
    }
    return deepest;
  }

  std::size_t cached_depth(const Package* package, int guard) const {
    auto found = depths_.find(package);
    if (found != depths_.end()) return found->second;
    auto depth = package_depth(package, guard);
    depths_[package] = depth;
    return depth;
  }

  const Evidence& evidence_;
  std::map<std::string, std::vector<std::size_t>> places_;
  mutable std::map<const Package*, std::size_t> depths_;
};

}  // namespace

int error_rank(const Diagnostic& error) {
  const auto& code = error.code;
  if (code.empty()) return 1;
  if (code[0] != 'E') return 4;
  if (code == "E0463" || code == "E0432" || code == "E0433" || code == "E0583") return 0;
  if (code == "E0425" || code == "E0412" || code == "E0405" || code == "E0531" || code == "E0574") return 2;
  return 3;
}

std::vector<Failure> collect_failures(const Evidence& evidence, Words& words) {
  add_words(evidence, words);
  std::vector<const Diagnostic*> errors;
  for (const auto& error : evidence.diagnostics) errors.push_back(&error);
  for (const auto& error : words) errors.push_back(&error);
  std::sort(errors.begin(), errors.end(), before);

  Targets targets(evidence);
  std::map<std::tuple<std::string, std::string, std::string, bool>, Failure> units;
  for (const auto* error : errors) {
    auto [target, kind, harness] = targets.of(*error);
    auto& failure = units[{error->package, target, kind, harness}];
    if (failure.errors.empty()) {
      failure.package = error->package;
      failure.target = error->package.empty() ? std::string() : target;
      failure.kind = kind;
      failure.harness = harness;
      failure.about = error->package.empty() ? nullptr : evidence.metadata.find(error->package);
      if (failure.about) failure.version = failure.about->version;
    }
    bool again = std::any_of(failure.errors.begin(), failure.errors.end(),
                             [&](const Diagnostic* e) { return same_error(*e, *error); });
    if (!again) failure.errors.push_back(error);
  }

  Order order(evidence);
  std::vector<Failure> all;
  for (auto& [key, failure] : units) all.push_back(std::move(failure));
  std::vector<Failure> out;
  for (const auto& failure : all) {
    bool waits = std::any_of(all.begin(), all.end(), [&](const Failure& other) {
      return &other != &failure && order.needs(failure, other) && !order.needs(other, failure);
    });
    if (!waits) out.push_back(failure);
  }
  std::stable_sort(out.begin(), out.end(), [&](const Failure& a, const Failure& b) {
    auto depth_a = a.package.empty() ? 0 : order.depth(a) + 1,
         depth_b = b.package.empty() ? 0 : order.depth(b) + 1;
    return std::tie(depth_a, a.package, a.target, a.kind, a.harness) <
           std::tie(depth_b, b.package, b.target, b.kind, b.harness);
  });
  return out;
}

}  // namespace tripled::diagnosis
