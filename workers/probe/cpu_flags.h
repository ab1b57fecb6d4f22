// `requires: {cpu-flags}`: what this machine's processor says of itself in /proc/cpuinfo. Any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace tripled::probe {

// Those of `required` that the text of a /proc/cpuinfo does not list (`flags` on x86, `Features` on Arm,
// `features` on s390x). sse4.2 is the kernel's sse4_2.
std::vector<std::string> missing_cpu_flags(const std::vector<std::string>& required,
                                           std::string_view cpuinfo);

// All that this machine's lists, sorted, as the kernel spells them; without a /proc/cpuinfo none.
std::vector<std::string> cpu_flags();

// Of this machine's; without a /proc/cpuinfo all are missing.
std::vector<std::string> missing_cpu_flags(const std::vector<std::string>& required);

}  // namespace tripled::probe
