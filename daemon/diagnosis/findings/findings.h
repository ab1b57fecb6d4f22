// The findings of one sweep: diagnoses folded by what they are about (finding_key), each with the cells it
// was seen in and with what sets these apart from the cells where the same unit or test ended well. Pure, any
// thread; the order of the jobs has no part.
#pragma once
#include <string>
#include <vector>

#include "daemon/diagnosis/causes/refine.h"
#include "daemon/diagnosis/explain/explain.h"
#include "schema/model/cell.h"
#include "schema/model/diagnosis.h"
#include "schema/model/result.h"

namespace tripled::diagnosis {

// One job of a sweep as findings see it: what refine() made of it and what an explanation may hang on.
struct SweepJob {
  DiagnosedJob diagnosed;
  Verdict verdict = Verdict::pass;
  std::string blocked_by;      // of blocked
  std::string data_layout;     // of the triple; empty: not known
  std::string runner_version;  // execute
  std::string std_source;      // shipped, built …
  // What cargo planned for this stage, dependencies included, which outlives this; null: not known.
  const std::vector<Unit>* planned = nullptr;
};

struct FindingSeen {
  std::string cell, triple;
  std::vector<Stage> stages;  // in order
  bool emulated = false;      // of execute
  Cause cause = Cause::unknown;
  std::string version;  // of the package in this cell
};
BOOST_DESCRIBE_STRUCT(FindingSeen, (), (cell, triple, stages, emulated, cause, version))

struct Finding {
  std::string id;   // short and stable over sweeps: the beginning of the hash of `key`
  std::string key;  // finding_key()
  Verdict verdict = Verdict::fail;
  Diagnosis diagnosis;            // of the cell where it is surest; equal ones: the first by the cell's name
  std::vector<FindingSeen> seen;  // by the cell's name
  Explanation explanation;
};
BOOST_DESCRIBE_STRUCT(Finding, (), (id, key, verdict, diagnosis, seen, explanation))

// What a sweep's findings are compared and stored as.
struct SweepFindings {
  int rules = 0;  // rules_version they were made by
  std::vector<Finding> findings;
};
BOOST_DESCRIBE_STRUCT(SweepFindings, (), (rules, findings))

// `known`: every triple the toolchain knows, with cfg. Where `all_known` is false it is only some of them,
// and then nothing is called exact. Worst first, then those seen in most cells, then by key.
std::vector<Finding> find(const std::vector<SweepJob>& jobs, const KnownTriples& known, bool all_known,
                          const Reachable& reachable);

}  // namespace tripled::diagnosis
