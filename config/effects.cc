#include "config/effects.h"

#include <algorithm>
#include <set>

#include "schema/base/text.h"

namespace tripled::config {

static bool is_about_execution(const std::string& key) {
  return key.rfind("tests.", 0) == 0 || key.rfind("qemu.", 0) == 0 || key == "runner" ||
         key == "no-output-timeout";
}

Effects::Effect& Effects::effect_of(const Assignment& assignment, Level level) {
  auto [found, added] = index_.emplace(&assignment, effects_.size());
  if (added) effects_.push_back(Effect{&assignment, level});
  return effects_[found->second];
}

void Effects::apply(const Assignment& assignment, Level level, Working& working) {
  if (assignment.coordinate) {
    config::apply(assignment, level, working);
    return;
  }
  auto before = setting_text(working.settings, assignment.key);
  config::apply(assignment, level, working);
  auto& effect = effect_of(assignment, level);
  effect.changed = effect.changed || setting_text(working.settings, assignment.key) != before;
  applied_.push_back(&assignment);
}

void Effects::finish_cell(const Working& working, bool host) {
  const auto& settings = working.settings;
  const auto& stages = settings.stages;
  bool staged = std::find(stages.begin(), stages.end(), Stage::execute) != stages.end();
  bool links = host || stages != std::vector<Stage>{Stage::check};
  std::set<std::string> seen;
  for (auto it = applied_.rbegin(); it != applied_.rend(); ++it) {
    auto& effect = effects_[index_.at(*it)];
    effect.staged = effect.staged || staged;
    effect.executed = effect.executed || (staged && settings.run != "no");
    effect.own_runner = effect.own_runner && settings.runner.has_value();
    effect.linked = effect.linked || links;
    // What appends is overwritten by nothing but `{set: …}`, whose key then shows both.
    bool last = seen.insert((*it)->key).second;
    effect.survived = effect.survived || last || (*it)->appends;
  }
  applied_.clear();
}

std::string Effects::why_useless(const Effect& e) {
  const auto& key = e.assignment->key;
  if (!e.survived) return "every cell that it applies to sets it again";
  if (!e.changed && (e.level == Level::rule || e.level == Level::include))
    return "every cell that it applies to has that value already";
  if (is_about_execution(key)) {
    if (!e.staged) return "no cell that it applies to has the stage `execute`";
    if (!e.executed) return "every cell that it applies to has `run: no`";
  }
  if (key.rfind("qemu.", 0) == 0 && e.own_runner)
    return "every cell that it applies to has a `runner` of its own";
  if (key == "linker" && !e.linked) return "in no cell that it applies to anything is linked";
  return "";
}

std::vector<std::string> Effects::warnings() const {
  std::vector<std::string> out;
  for (const auto& e : effects_) {
    auto why = why_useless(e);
    if (why.empty()) continue;
    auto value = e.assignment->value;
    if (value.size() > 60) value = to_valid_utf8(value.substr(0, 57)) + "…";
    out.push_back(e.assignment->place.text() + ": `" + e.assignment->key + ": " + value +
                  "` changes nothing: " + why);
  }
  return out;
}

}  // namespace tripled::config
