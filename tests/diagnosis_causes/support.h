// Evidence for tests of causes: recorded documents, and small ones made by hand.
#pragma once
#include <string>
#include <vector>

#include "daemon/diagnosis/causes/causes.h"

namespace tripled::diagnosis {

// recorded/<name>.json: cut out of what a worker kept of crates that were broken on purpose.
Evidence recorded(const std::string& name);

// `E0432 configured-out, certain, project, a::f if unix`; of a test: `name: …`.
std::string in_short(const Diagnosis& diagnosis);
std::vector<std::string> in_short(const std::vector<Diagnosis>& diagnoses);

// A job of x86_64 Linux that failed at check, with a package `sample` of the project.
Evidence sample();
// Of the package `sample`, with a primary span.
Diagnostic error_at(const std::string& file, int line, int column, const std::string& code,
                    const std::string& message, const std::string& label = "");
// Of nobody in particular, without a place.
Diagnostic said(const std::string& message, const std::string& rendered = "",
                const std::string& package = "");
// What the sample is diagnosed as with these errors; the sources are in `files` of the evidence.
std::vector<std::string> causes_of(Evidence evidence, std::vector<Diagnostic> errors);

TestResult failed_test(const std::string& name, const std::string& message,
                       TestState state = TestState::failed);
// Of an execute job under this triple; `emulated` by QEMU.
std::vector<std::string> causes_of_test(const std::string& triple, bool emulated, const TestResult& test);

}  // namespace tripled::diagnosis
