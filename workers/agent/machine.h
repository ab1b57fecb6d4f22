// What a worker's machine has, for placement by people and for what the daemon shows. Any thread.
#pragma once
#include <filesystem>
#include <map>
#include <string>

namespace tripled::agent {

// cpu_flags, memory and disk_free (of the disk that `cache` is on) as wire::Hello::host names them; what
// cannot be found out is missing.
std::map<std::string, std::string> machine_facts(const std::filesystem::path& cache);

}  // namespace tripled::agent
