#include "config/explain.h"

#include "config/settings.h"
#include "schema/base/text.h"

namespace tripled::config {

Result<std::vector<Explained>> explain(const Plan& plan, const std::string& cell_id) {
  const Cell* cell = nullptr;
  std::vector<std::string> ids;
  for (const auto& c : plan.cells) {
    ids.push_back(c.id);
    if (c.id == cell_id) cell = &c;
  }
  if (!cell) {
    std::string message = "there is no cell `" + cell_id + "`";
    if (auto near = nearest(cell_id, ids)) message += "; did you mean `" + *near + "`?";
    return usage_error(message + " (`tripled plan` lists them)");
  }
  auto place = [&](const std::string& key) {
    auto found = cell->provenance.find(key);
    return found == cell->provenance.end() ? std::string("default") : found->second;
  };
  std::vector<Explained> out;
  if (!cell->group.empty()) out.push_back({"group", cell->group, place("group")});
  for (const auto& [axis, value] : cell->axes) out.push_back({"axis " + axis, value, place(axis)});
  if (!cell->excluded_reason.empty()) out.push_back({"excluded", cell->excluded_reason, place("excluded")});
  for (auto& [key, value] : setting_rows(cell->settings)) out.push_back({key, std::move(value), place(key)});
  return out;
}

}  // namespace tripled::config
