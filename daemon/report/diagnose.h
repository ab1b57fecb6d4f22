// The findings of a stored sweep: each failing job's evidence diagnosed, looked at again beside the other
// cells, folded and explained. Pure apart from what `read` does.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "daemon/diagnosis/findings/findings.h"
#include "daemon/store/rows.h"

namespace tripled::report {

// The JSON document of an attempt's evidence by the hash of its blob; nullopt: it is not there any more.
using ReadEvidence = std::function<std::optional<std::string>(const std::string& hash)>;

// A job whose evidence is gone is diagnosed from what its attempts recorded.
diagnosis::SweepFindings diagnose_sweep(const store::SweepRecord& record, const ReadEvidence& read);

}  // namespace tripled::report
