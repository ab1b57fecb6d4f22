// What cargo selects: `scope` in cargo's own words, or `packages`, `exclude-packages`, `features` and
// `default-features`, turned into them (the cargo book, "cargo build": package and feature selection, target
// selection).
#include "config/settings_read.h"
#include "schema/base/text.h"

namespace tripled::config {
namespace {

enum class Takes { nothing, value };
struct ScopeWord {
  const char* word;
  Takes takes;
};
constexpr ScopeWord kScopeWords[] = {
    {"-p", Takes::value},
    {"--package", Takes::value},
    {"--workspace", Takes::nothing},
    {"--all", Takes::nothing},
    {"--exclude", Takes::value},
    {"--all-features", Takes::nothing},
    {"-F", Takes::value},
    {"--features", Takes::value},
    {"--no-default-features", Takes::nothing},
    {"--lib", Takes::nothing},
    {"--bin", Takes::value},
    {"--bins", Takes::nothing},
    {"--test", Takes::value},
    {"--tests", Takes::nothing},
    {"--example", Takes::value},
    {"--examples", Takes::nothing},
    {"--bench", Takes::value},
    {"--benches", Takes::nothing},
    {"--all-targets", Takes::nothing},
};

// cargo options that have a key of their own here.
struct Elsewhere {
  const char *word, *instead;
};
constexpr Elsewhere kElsewhere[] = {
    {"--target", "the `triple` axis"},
    {"--release", "`profile: release`"},
    {"-r", "`profile: release`"},
    {"--profile", "`profile`"},
    {"--locked", "`lockfile: locked`"},
    {"--frozen", "`lockfile: locked`"},
    {"--offline", "nothing: jobs are offline"},
    {"--keep-going", "nothing: it is the default"},
    {"--no-run", "`stages`"},
    {"--no-fail-fast", "nothing: every test is run"},
    {"--doc", "`units: doctests`"},
};

// Words of `scope` and others of cargo's that `cargo-args` would only repeat or contradict.
constexpr Elsewhere kNotArguments[] = {
    {"--target-dir", "nothing: target dirs are tripled's own"},
    {"--manifest-path", "`project: {source: {path: …}}`"},
    {"--lockfile-path", "`lockfile`"},
    {"--message-format", "nothing: tripled reads cargo's JSON"},
    {"-p", "`packages`"},
    {"--package", "`packages`"},
    {"--workspace", "`packages: workspace`"},
    {"--all", "`packages: workspace`"},
    {"--exclude", "`exclude-packages`"},
    {"-F", "`features`"},
    {"--features", "`features`"},
    {"--all-features", "`features: all`"},
    {"--no-default-features", "`default-features: no`"},
    {"--lib", "`units: lib`"},
    {"--bin", "`scope`"},
    {"--bins", "`units: bins`"},
    {"--test", "`units: test:NAME`"},
    {"--tests", "`units: tests`"},
    {"--example", "`scope`"},
    {"--examples", "`units: examples`"},
    {"--bench", "`scope`"},
    {"--benches", "`units: benches`"},
    {"--all-targets", "`units: all`"},
    {"--", "`tests: {args: …}`"},
};

std::string_view option_name(std::string_view word) {
  if (word.substr(0, 2) == "--") return word.substr(0, word.find('='));
  return word.substr(0, 2);
}

bool has_workspace(const std::vector<std::string>& words) {
  for (const auto& w : words)
    if (w == "--workspace" || w == "--all") return true;
  return false;
}

// A coordinate must not depend on how the YAML text was wrapped.
std::string coordinate(const std::vector<std::string>& words) { return shell_join(words); }

void forget_lower_fans(Working& w, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    auto fan = w.fans.find(key);
    if (fan != w.fans.end() && fan->second.level < w.level) w.fans.erase(fan);
  }
}

void publish(Working& w) { w.settings.scope = w.selection.words(); }

Result<std::vector<std::string>> scope_words(const Node& node) {
  if (!node.is_scalar())
    return wrong_kind(node, "scope", "cargo's words, such as `-p X --no-default-features`");
  auto words = shell_words(node.scalar);
  if (!words) return error_at(node.place, "`scope` has a quote that is not closed");
  auto problem = scope_problem(*words);
  if (!problem.empty()) return error_at(node.place, problem);
  return *words;
}

}  // namespace

std::string scope_problem(const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto name = option_name(words[i]);
    const ScopeWord* known = nullptr;
    for (const auto& candidate : kScopeWords)
      if (name == candidate.word) known = &candidate;
    for (const auto& other : kElsewhere)
      if (name == other.word) return "`" + words[i] + "` does not belong into `scope`: use " + other.instead;
    if (!known) {
      std::vector<std::string> names;
      for (const auto& candidate : kScopeWords) names.push_back(candidate.word);
      std::string message = "`" + words[i] + "` is none of cargo's words for packages, features or targets";
      if (auto near = nearest(words[i], names)) return message + "; did you mean `" + *near + "`?";
      return message + " (other options belong into `cargo-args`)";
    }
    bool attached = words[i].size() > name.size();
    if (known->takes == Takes::nothing && attached) return "`" + std::string(name) + "` takes no value";
    if (known->takes == Takes::value && !attached && ++i == words.size())
      return "`" + std::string(name) +
             "` lacks its value (a list is a list of scopes: write one scope as one text)";
  }
  return "";
}

std::string cargo_args_problem(const std::vector<std::string>& words) {
  auto problem = [](const std::string& word, const Elsewhere& other) {
    return "`" + word + "` does not belong into `cargo-args`: use " + other.instead;
  };
  for (const auto& word : words) {
    auto name = option_name(word);
    for (const auto& other : kElsewhere)
      if (name == other.word) return problem(word, other);
    for (const auto& other : kNotArguments)
      if (name == other.word) return problem(word, other);
  }
  return "";
}

std::vector<std::string> Selection::words() const {
  auto counts = [&](auto& part) { return part.level >= scope.level; };
  std::vector<std::string> out = scope.value;
  if (counts(workspace) && workspace.value) out.push_back("--workspace");
  if (counts(packages))
    for (const auto& p : packages.value) out.insert(out.end(), {"-p", p});
  if (counts(exclude) && !exclude.value.empty()) {
    bool named = counts(packages) && !packages.value.empty();
    if (!has_workspace(out) && !named) out.push_back("--workspace");
    for (const auto& e : exclude.value) out.insert(out.end(), {"--exclude", e});
  }
  if (counts(default_features) && default_features.value == false) out.push_back("--no-default-features");
  if (counts(all_features) && all_features.value) out.push_back("--all-features");
  if (counts(features) && !features.value.empty())
    out.insert(out.end(), {"--features", join(features.value, ",")});
  return out;
}

Status read_scope(const Entry& entry, Patch& patch) {
  auto set = [](Working& w, const std::vector<std::string>& words) {
    w.selection.scope = {words, w.level};
    forget_lower_fans(w, {"packages", "features"});
    publish(w);
  };
  if (!entry.value.is_sequence()) {
    TRIPLED_ASSIGN(auto words, scope_words(entry.value));
    assign(patch, entry, [words, set](Working& w) {
      w.fans.erase("scope");
      set(w, words);
    });
    return {};
  }
  if (entry.value.items.empty()) return error_at(entry.value.place, "`scope` is an empty list");
  std::vector<std::vector<std::string>> alternatives;
  Fan fan;
  fan.place = entry.value.place;
  for (const auto& item : entry.value.items) {
    TRIPLED_ASSIGN(auto words, scope_words(item));
    auto name = coordinate(words);
    for (const auto& earlier : fan.names)
      if (earlier == name) return error_at(item.place, "the scope `" + name + "` is listed twice");
    fan.names.push_back(name);
    alternatives.push_back(std::move(words));
  }
  assign(patch, entry, [=](Working& w) {
    w.fans["scope"] = fan;
    w.fans["scope"].level = w.level;
    set(w, alternatives[w.choice["scope"].index]);
  });
  return {};
}

Status read_packages(const Entry& entry, Patch& patch) {
  TRIPLED_ASSIGN(auto names, read_texts(entry));
  bool each = names.size() == 1 && names.front() == "each";
  bool workspace = names.size() == 1 && names.front() == "workspace";
  for (const auto& name : names) {
    if (name.front() == '-')
      return error_at(entry.value.place, "`packages` takes names; cargo's words go into `scope`");
    if (names.size() > 1 && (name == "each" || name == "workspace"))
      return error_at(entry.value.place, "`" + name + "` stands alone in `packages`");
  }
  auto place = entry.value.place;
  assign(patch, entry, [=](Working& w) {
    w.fans.erase("packages");
    w.selection.workspace = {workspace, w.level};
    w.selection.packages = {workspace || each ? std::vector<std::string>{} : names, w.level};
    if (each) {
      w.fans["packages"] = Fan{{}, true, w.level, place};
      if (w.choice.count("packages")) w.selection.packages.value = {w.choice["packages"].name};
    }
    publish(w);
  });
  return {};
}

Status read_exclude_packages(const Entry& entry, Patch& patch) {
  TRIPLED_ASSIGN(auto names, read_texts(entry));
  assign(patch, entry, [names](Working& w) {
    w.selection.exclude = {names, w.level};
    publish(w);
  });
  return {};
}

Status read_features(const Entry& entry, Patch& patch) {
  std::vector<std::string> names;
  if (!(entry.value.is_sequence() && entry.value.items.empty())) {
    TRIPLED_ASSIGN(auto texts, read_texts(entry));
    for (const auto& text : texts)
      for (const auto& word : split_words(replace_all(text, ",", " "))) names.push_back(word);
  }
  bool alone = names.size() == 1;
  for (const auto& name : names)
    if (!alone && (name == "all" || name == "none" || name == "each"))
      return error_at(entry.value.place, "`" + name + "` stands alone in `features`");
  std::string word = alone ? names.front() : "";
  if (word == "all" || word == "none" || word == "each") names.clear();
  auto place = entry.value.place;
  assign(patch, entry, [=](Working& w) {
    w.fans.erase("features");
    w.selection.all_features = {word == "all", w.level};
    w.selection.features = {names, w.level};
    if (word == "each") {
      w.fans["features"] = Fan{{}, true, w.level, place};
      if (w.choice.count("features")) w.selection.features.value = {w.choice["features"].name};
    }
    publish(w);
  });
  return {};
}

Status read_default_features(const Entry& entry, Patch& patch) {
  TRIPLED_ASSIGN(bool wanted, read_bool(entry));
  assign(patch, entry, [wanted](Working& w) {
    w.selection.default_features = {wanted, w.level};
    publish(w);
  });
  return {};
}

}  // namespace tripled::config
