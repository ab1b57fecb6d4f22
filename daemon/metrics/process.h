// What the kernel says of this process, under the names that Prometheus' own clients use. Any thread.
#pragma once
#include <cstdint>

namespace tripled::metrics {

struct ProcessState {
  double cpu_seconds = 0, started_at = 0;  // since 1970
  std::uint64_t resident_bytes = 0, virtual_bytes = 0, open_files = 0, most_files = 0;
  std::uint64_t threads = 0;
};

// From /proc/self. What cannot be read is 0.
ProcessState process_state();

}  // namespace tripled::metrics
