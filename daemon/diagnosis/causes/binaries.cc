// Test executables that went wrong as a whole: never started, hung before their first test, crashed.
#include "daemon/diagnosis/causes/emulator.h"
#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/rules.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

struct Ended {
  Cause cause;
  Confidence confidence;
  Fault fault;
};

// By how its process ended.
Ended by_outcome(const Evidence& evidence, const BinaryFailure& failure) {
  auto own = evidence.emulated() ? Fault::unknown : Fault::project;
  auto sure = evidence.emulated() ? Confidence::likely : Confidence::certain;
  bool late = failure.outcome == Outcome::timed_out || failure.outcome == Outcome::no_output;
  if (failure.outcome == Outcome::not_run || failure.outcome == Outcome::could_not_start)
    return {Cause::never_executed, Confidence::certain, Fault::environment};
  // Not even its list of tests came: a guest whose loader and libc do not fit together hangs like this.
  if (late && !failure.listed && evidence.emulated())
    return {Cause::emulator_loader_mix, Confidence::guess, Fault::emulator};
  if (failure.outcome == Outcome::no_output) return {Cause::test_hang, Confidence::certain, own};
  if (late) return {Cause::test_timeout, Confidence::certain, own};
  if (failure.outcome == Outcome::signalled || contains(failure.text, "killed by signal"))
    return {Cause::test_signal, sure, own};
  if (failure.kind == "doctest") return {Cause::doctest_only, Confidence::guess, Fault::project};
  if (!failure.listed) return {Cause::never_executed, Confidence::likely, Fault::unknown};
  return {Cause::unknown, Confidence::guess, Fault::unknown};
}

// By what it said; unknown: nothing that we know.
Ended by_words(const std::string& text) {
  if (contains(text, "No space left on device"))
    return {Cause::disk_full, Confidence::certain, Fault::environment};
  if (contains(text, "Unsupported system page size"))
    return {Cause::test_page_size, Confidence::likely, Fault::dependency};
  if (contains(text, "error while loading shared libraries"))
    return {Cause::native_library_missing, Confidence::certain, Fault::environment};
  if (contains(text, "version `GLIBC_"))
    return {Cause::glibc_too_new, Confidence::certain, Fault::environment};
  return {Cause::unknown, Confidence::guess, Fault::unknown};
}

}  // namespace

Diagnosis diagnose_binary(const Evidence& evidence, const BinaryFailure& failure) {
  Diagnosis out;
  out.package = failure.package;
  out.target = failure.target;
  out.title = failure.text;
  out.evidence.push_back(log_item(failure.text));
  if (auto sign = evidence.emulated() ? emulator_sign(failure.text) : std::nullopt) {
    out.cause = sign->cause;
    out.confidence = sign->confidence;
    // The wrong emulator, or a libc that is too old: not the emulator's own fault.
    bool outside = is_among(sign->cause, {Cause::glibc_too_new, Cause::emulator_exec_format});
    out.fault = outside ? Fault::environment : Fault::emulator;
    out.title = sign->title;
    if (sign->cause == Cause::emulator_cpu_model)
      out.mends.push_back(
          matrix_rule(evidence, "qemu: {cpu: …}", "`" + evidence.runner.name + " -cpu help`"));
    return out;
  }
  auto ended = by_words(failure.text);
  if (ended.cause == Cause::unknown) ended = by_outcome(evidence, failure);
  out.cause = ended.cause;
  out.confidence = ended.confidence;
  out.fault = ended.fault;
  if (out.cause == Cause::native_library_missing)
    out.subject = between(failure.text, "shared libraries: ", ":");
  if (out.cause == Cause::never_executed) {
    if (contains_any(failure.text, {"No such file or directory", "required file not found"}))
      out.title = "the executable's loader is not there: " + failure.text;
    out.mends.push_back(
        matrix_rule(evidence, "run: any", "or a runner; `tripled doctor " + evidence.cell.triple + "`"));
  }
  if (out.cause == Cause::emulator_loader_mix)
    out.mends.push_back(matrix_rule(evidence, "sysroot: /usr/…", "loader and libc from one place"));
  if (out.cause == Cause::unknown)
    out.ruled_out = {"emulator", "environment", "loader and libraries", "signals"};
  return out;
}

}  // namespace tripled::diagnosis
