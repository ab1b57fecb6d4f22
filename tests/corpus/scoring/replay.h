// A recorded sweep through diagnosis as the daemon does it: parse_evidence, diagnose, refine.
#pragma once
#include <string>
#include <vector>

#include "tests/corpus/scoring/variant.h"

namespace tripled::corpus {

struct ReplayedJob {
  std::string cell, kind, code;  // code: of the first error in the evidence, as it stands there; may be empty
  std::string stage;
  bool asked = false;  // the truth speaks of this job
  std::vector<Diagnosis> diagnoses;
};

// Every job of which the recording holds an attempt whole; a job that passed takes part in the second look
// alone. protocol error: the recording has not the form.
Result<std::vector<ReplayedJob>> replay(const Variant& variant);

}  // namespace tripled::corpus
