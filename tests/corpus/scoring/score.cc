#include "tests/corpus/scoring/score.h"

#include <algorithm>

namespace tripled::corpus {
namespace {

Mark mark_of(const Truth& truth, const Diagnosis& d) {
  if (truth.accepts(d.cause)) return Mark::right;
  if (d.cause == Cause::unknown) return Mark::unknown;
  return d.confidence == Confidence::certain ? Mark::wrong_and_certain : Mark::wrong;
}

}  // namespace

std::vector<const Diagnosis*> marked_findings(const Variant& variant, const ReplayedJob& job) {
  std::vector<const Diagnosis*> all, about;
  for (const auto& d : job.diagnoses) {
    all.push_back(&d);
    if (!variant.truth.test.empty() && d.test == variant.truth.test) about.push_back(&d);
  }
  return about.empty() ? all : about;
}

Scored scored(const Variant& variant, std::vector<ReplayedJob> jobs) {
  Scored out;
  out.variant = &variant;
  out.jobs = std::move(jobs);
  out.code = "-";
  std::optional<Mark> worst;
  std::map<Cause, Confidence> named;
  bool asked = false, fault_right = true;
  for (const auto& job : out.jobs) {
    if (!job.asked) continue;
    if (!asked && !job.code.empty()) out.code = job.code;
    asked = true;
    auto findings = marked_findings(variant, job);
    if (findings.empty()) worst = std::max(worst.value_or(Mark::unknown), Mark::unknown);
    for (const auto* d : findings) {
      auto mark = mark_of(variant.truth, *d);
      worst = std::max(worst.value_or(mark), mark);
      fault_right = fault_right && d->fault == variant.truth.fault;
      if (d->cause == Cause::unknown) continue;
      auto known = named.emplace(d->cause, d->confidence).first;
      known->second = std::min(known->second, d->confidence);  // certain comes first
    }
  }
  out.mark = worst.value_or(Mark::unknown);
  if (out.mark == Mark::right && variant.truth.fault != Fault::unknown) out.fault = fault_right;
  for (const auto& [cause, confidence] : named)
    out.claims.push_back({confidence, variant.truth.accepts(cause)});
  return out;
}

std::map<std::string, Cause> best_by_code(const std::vector<Scored>& all) {
  std::map<std::string, std::map<Cause, int>> right;
  for (const auto& one : all) {
    const auto& truth = one.variant->truth;
    ++right[one.code][truth.cause];
    for (auto cause : truth.also) ++right[one.code][cause];
  }
  std::map<std::string, Cause> out;
  for (const auto& [code, causes] : right)
    out[code] = std::max_element(causes.begin(), causes.end(), [](const auto& a, const auto& b) {
                  return a.second < b.second;
                })->first;
  return out;
}

void Tally::add(const Scored& one, const std::map<std::string, Cause>& by_code) {
  ++variants;
  right += one.mark == Mark::right;
  unknown += one.mark == Mark::unknown;
  wrong += one.mark == Mark::wrong;
  wrong_and_certain += one.mark == Mark::wrong_and_certain;
  baseline += one.variant->truth.accepts(by_code.at(one.code));
  fault_stated += one.fault.has_value();
  fault_right += one.fault.value_or(false);
  for (const auto& claim : one.claims) {
    auto& [good, claimed] = confidence[claim.confidence];
    good += claim.right;
    ++claimed;
  }
}

Score score_of(const std::vector<Scored>& all) {
  auto by_code = best_by_code(all);
  Score out;
  for (const auto& one : all) {
    out.causes[one.variant->cause].add(one, by_code);
    (one.variant->held_out ? out.held_out_causes : out.development_causes)[one.variant->cause].add(one,
                                                                                                   by_code);
    (one.variant->held_out ? out.held_out : out.development).add(one, by_code);
    out.all.add(one, by_code);
  }
  return out;
}

}  // namespace tripled::corpus
