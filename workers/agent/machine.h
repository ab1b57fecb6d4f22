// What a worker's machine is and has, for placement by people and for what the daemon shows. Any thread.
#pragma once
#include <filesystem>
#include <map>
#include <string>

namespace tripled::agent {

// Of this process; what jobs may get is chosen from it.
std::map<std::string, std::string> process_environment();

// kernel, machine, libc, uid, cores: what does not change while the worker runs.
std::map<std::string, std::string> host_facts();

// cpu_flags, memory and disk_free (of the disk that `cache` is on) as wire::Hello::host names them; what
// cannot be found out is missing.
std::map<std::string, std::string> machine_facts(const std::filesystem::path& cache);

}  // namespace tripled::agent
