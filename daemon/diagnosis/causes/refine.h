// The second look: what one job's evidence cannot say and the other cells of the sweep can. Pure, no clock.
//
// What it decides, always by cells that differ in one thing alone and by what passed there:
//  - lint_everywhere or lint_on_platform: does the lint fire on every triple that came so far?
//  - lock_drift: the same unit passes with another lockfile policy or other pins;
//  - feature_unification (another selection of packages) and feature_combination (other features);
//  - toolchain_too_old (it passes with a newer rustc), lint_everywhere (a check that an older one lacked);
//  - test_endianness, test_pointer_width, test_atomics: a test fails on exactly the triples that have the
//    property, and passes on others;
//  - a suspect's way out: an emulated failure against the same triple's native cell, or against the same
//    test's native failure elsewhere;
//  - test_build_only: the package's other stages pass in the same cell.
// What it cannot decide stays as the first look left it.
#pragma once
#include <string>
#include <vector>

#include "daemon/diagnosis/judge.h"
#include "schema/model/cell.h"
#include "schema/model/diagnosis.h"

namespace tripled::diagnosis {

// One job of a sweep, failed or not.
struct DiagnosedJob {
  Cell cell;
  Stage stage = Stage::check;
  RunnerKind runner = RunnerKind::none;
  std::string rustc;             // version that compiled it: 1.96.0; empty: not known
  std::vector<std::string> cfg;  // `rustc --print cfg`; empty: not known
  std::string lock;              // Cargo.lock that it was compiled with; empty: not known
  std::vector<KnownItem> known;  // every unit and test it looked at, with its verdict (judged_job())
  std::vector<Diagnosis> diagnoses;
};

// All jobs of a sweep in, the same with their diagnoses changed out. Order has no part.
std::vector<DiagnosedJob> refine(std::vector<DiagnosedJob> jobs);

}  // namespace tripled::diagnosis
