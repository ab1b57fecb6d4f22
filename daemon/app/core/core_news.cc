// Core: news that is stored with the change it tells of, and told when it is.
#include "daemon/app/core/core.h"
#include "schema/wire/json.h"

namespace tripled::app {

static constexpr std::int64_t prune_interval = 1000;

void Core::publish(SweepEvent event) {
  if (options_.keep_events > 0) {
    store::EventRow row;
    row.sweep = event.sweep.empty() ? 0 : std::stoll(event.sweep);
    row.kind = event.kind;
    row.json = wire::to_text_json(event);
    row.at = unix_now_ms();
    commits_.write([row, keep = options_.keep_events](store::Transaction& tx) -> Status {
      TRIPLED_ASSIGN(auto sequence, tx.append_event(row));
      return sequence % prune_interval == 0 ? tx.prune_events(keep) : Status();
    });
  }
  commits_.then([this, told = std::move(event)] { listener_.on_event(told); });
}

void Core::publish_alone(SweepEvent event) {
  publish(std::move(event));
  commits_.event_done();
}

}  // namespace tripled::app
