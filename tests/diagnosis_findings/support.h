// Jobs as findings see them, made in code.
#pragma once
#include <string>
#include <vector>

#include "daemon/diagnosis/findings/findings.h"

namespace tripled::diagnosis::test {

inline SweepJob job(const std::string& triple, Stage stage, Verdict verdict,
                    std::vector<KnownItem> known = {}, std::vector<Diagnosis> diagnoses = {}) {
  SweepJob out;
  out.verdict = verdict;
  out.diagnosed.cell.id = out.diagnosed.cell.triple = triple;
  out.diagnosed.stage = stage;
  out.diagnosed.known = std::move(known);
  out.diagnosed.diagnoses = std::move(diagnoses);
  const bool big = triple.starts_with("s390x") || triple.starts_with("powerpc-");
  out.diagnosed.cfg = {std::string("target_endian=\"") + (big ? "big" : "little") + "\"",
                       "target_arch=\"" + triple.substr(0, triple.find('-')) + "\""};
  return out;
}

inline TripleFacts triple(const std::string& name) {
  TripleFacts out;
  out.triple = name;
  out.cfg = job(name, Stage::check, Verdict::pass).diagnosed.cfg;
  return out;
}

inline Diagnosis diagnosis(const std::string& package, const std::string& target, Cause cause,
                           const std::string& subject = "x::y", Confidence confidence = Confidence::likely) {
  Diagnosis out;
  out.package = package;
  out.target = target;
  out.cause = cause;
  out.subject = subject;
  out.confidence = confidence;
  out.title = subject + " is missing";
  return out;
}

}  // namespace tripled::diagnosis::test
