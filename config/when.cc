#include "config/when.h"

#include <algorithm>

#include "config/narrow.h"
#include "schema/base/text.h"

namespace tripled::config {
namespace {

// Why the cell is left out; empty: it is not.
std::string unmet(const When& when, const Change& change) {
  if (when.full) return "`when: full`: not in a sweep that a " + change.event + " began";
  if (!when.event.empty() && !matches_any(when.event, change.event))
    return "`when: event` is " + join(when.event, ", ") + ", not " + change.event;
  if (!when.message.empty() && !matches_any(when.message, change.message))
    return "the message of the commit does not match `when: message`";
  if (when.paths.empty() || !change.paths) return {};
  bool met = std::any_of(change.paths->begin(), change.paths->end(),
                         [&](const std::string& path) { return matches_any(when.paths, path); });
  return met ? "" : "no changed path matches `when: paths` (" + join(when.paths, ", ") + ")";
}

}  // namespace

void leave_out(const Change& change, std::vector<MadeCell>& cells) {
  for (auto& made : cells) {
    if (!made.when || !made.cell.excluded_reason.empty()) continue;
    auto reason = unmet(*made.when, change);
    if (reason.empty()) continue;
    made.cell.excluded_reason = reason;
    made.cell.provenance["when"] = made.cell.provenance["excluded"] = made.when->place.text();
  }
}

}  // namespace tripled::config
