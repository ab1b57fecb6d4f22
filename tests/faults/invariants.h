// What holds after every fault of the service, whatever happened (I1-I5):
//  I1 every job is over, or its batch has a live lease or waits for one in a sweep that runs;
//  I2 every attempt has exactly one result and every cell and job that is over one verdict;
//  I3 the database is whole, its references too;
//  I4 no process, cgroup or descriptor of ours is left;
//  I5 what /metrics counts is what the database holds.
#pragma once
#include "tests/e2e/fleet.h"

namespace tripled::e2e {

// All sweeps are finished, as far as the test is concerned. Asks the daemon, stops it and the named workers,
// and looks at what they leave. Failures are the test's own. `unfit`: the attempts of this worker ended for
// reasons of its machine, and do not stand.
void expect_invariants(Fleet& fleet, const std::vector<std::string>& workers, const std::string& unfit = "");

// The first column of the first row, as text; "" where there is no row. The daemon may run meanwhile.
std::string query(const std::filesystem::path& database, const std::string& sql);
std::filesystem::path database_of(const Fleet& fleet);

// The value of a series in an exposition, as it is written there; "" where it is missing.
std::string metric(const std::string& exposition, const std::string& series);

}  // namespace tripled::e2e
