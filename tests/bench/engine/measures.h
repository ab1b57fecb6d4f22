// The two measurements. Each prints one JSON object on standard output.
#pragma once
#include <filesystem>
#include <string>

namespace tripled::bench {

// No-op jobs a second: a real worker starts /bin/true for each; every result is committed with a sync.
void measure_no_op(const std::filesystem::path& directory, const std::filesystem::path& worker, int jobs);

// A sweep of `jobs` jobs on `workers` played workers whose execute jobs bring `tests` test results in all.
void measure_farm(const std::filesystem::path& directory, int jobs, int workers, long tests);

}  // namespace tripled::bench
