// The families that say how the daemon itself is. Internal to daemon/metrics.
#pragma once
#include "daemon/metrics/exposition.h"
#include "daemon/metrics/families.h"

namespace tripled::metrics {

void add_engine(const EngineState& engine, Families& out);
void add_storage(const StorageState& storage, Families& out);
// Every label value exists from the start, at 0: a rate over a series that appears is lost.
void add_tally(const Tally& tally, Families& out);
void add_http(const HttpTally& http, Families& out);
void add_process(const ProcessState& process, Families& out);

}  // namespace tripled::metrics
