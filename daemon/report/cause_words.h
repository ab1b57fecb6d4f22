// What each cause means, for somebody who has never met it. Pure.
#pragma once
#include <string>

#include "schema/model/diagnosis.h"

namespace tripled::report {

// A clause without a full stop: "the item exists, behind a cfg or a feature that is off here".
std::string cause_meaning(Cause cause);

}  // namespace tripled::report
