// Predicates as text: rustc's cfg syntax, and words for what is no cfg. Internal to explain/.
#pragma once
#include <string>

#include "daemon/diagnosis/explain/search.h"

namespace tripled::diagnosis {

// `cfg(all(unix, target_endian = "big")) and page size >= 65536`
std::string text_of(const Universe& universe, const std::vector<Literal>& literals,
                    const Hypothesis& hypothesis);

}  // namespace tripled::diagnosis
