// The second look at failed tests, and what it shares with that at units (refine.h). Internal to
// daemon/diagnosis/causes. Pure, thread-safe.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "daemon/diagnosis/causes/refine.h"

namespace tripled::diagnosis {

using Jobs = std::vector<DiagnosedJob>;

// What became of a unit or test in a job; nullopt: it was not tried there.
std::optional<bool> passed_in(const DiagnosedJob& job, const Diagnosis& d);
// Adds what other jobs show to the evidence.
void say(Diagnosis& d, const std::string& text);

// A finding of an execute job, by the same test in other cells: `jobs` as the first look left them.
void settle_test(const Jobs& jobs, const DiagnosedJob& job, Diagnosis& d);

}  // namespace tripled::diagnosis
