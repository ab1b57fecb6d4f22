// Which tries say nothing about the code: the machine or its worker failed them, and another try may go
// better. Pure; the scheduler bounds how often.
#pragma once
#include "schema/model/enums.h"
#include "schema/model/result.h"

namespace tripled::app {

// `outcome` is the attempt's, `result` what it reported (of prepare and setup: broken_reason alone).
bool is_infrastructure(Outcome outcome, BatchKind kind, const AttemptResult& result);

}  // namespace tripled::app
