// What a matrix (`requires: {cpu-flags}`) and what was compiled ask of a processor, against what this
// machine's says of itself in /proc/cpuinfo. Any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace tripled::probe {

// Those of `required` that the text of a /proc/cpuinfo does not list (`flags` on x86, `Features` on Arm,
// `features` on s390x). sse4.2 is the kernel's sse4_2.
std::vector<std::string> missing_cpu_flags(const std::vector<std::string>& required,
                                           std::string_view cpuinfo);

// The target features in what `rustc --print cfg` said, as rustc names them: avx2, sse4.1.
std::vector<std::string> target_features(const std::string& cfg);

// What the kernel calls these target features of rustc (sse3 is its pni, lse its atomics). Those that it has
// no flag for are left out: nothing tells whether they are there.
std::vector<std::string> kernel_flags(const std::vector<std::string>& features);

// All that this machine's lists, sorted, as the kernel spells them; without a /proc/cpuinfo none.
std::vector<std::string> cpu_flags();

// Of this machine's; without a /proc/cpuinfo all are missing.
std::vector<std::string> missing_cpu_flags(const std::vector<std::string>& required);

}  // namespace tripled::probe
