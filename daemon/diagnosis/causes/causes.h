// Diagnosis of one failed job from its stored evidence alone: no I/O, no clock. The rules stand in files by
// subject (rules.h); each is a small function that says what it found or nothing.
//
// Order of the rules: signatures of environment and compiler crash win wherever they appear; then the
// process outcome; then rustc's codes, child notes and spans; then `cargo metadata` with the manifests and
// sources of the evidence; text last. Headlines of rustc are not matched where a code says the same: they
// differ between its versions. The same evidence in any order of messages gives the same diagnoses.
#pragma once
#include <string>
#include <vector>

#include "daemon/diagnosis/causes/evidence.h"
#include "schema/model/diagnosis.h"

namespace tripled::diagnosis {

// Grows with every change of what evidence is diagnosed as, so that stored diagnoses can be made anew.
constexpr int rules_version = 2;

// One per root cause; a failure that no rule explains gives `unknown` with what was ruled out. Empty: nothing
// of the evidence failed. Sorted: in dependency order, then by unit, test and cause.
std::vector<Diagnosis> diagnose(const Evidence& evidence);

// Names what a diagnosis is about over cells and nights: cause family, package, unit, error code or test,
// symbol. No lines, versions or triples. Causes that a second look (refine.h) may exchange are one family.
std::string finding_key(const Diagnosis& diagnosis);

}  // namespace tripled::diagnosis
