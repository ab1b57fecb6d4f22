// Failed tests. The process outcome first, then what libtest and the panic said.
#include <array>

#include "daemon/diagnosis/causes/emulator.h"
#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/rules.h"
#include "daemon/diagnosis/causes/test_case.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

// `src/lib.rs:3:7` behind "panicked at" (before rustc 1.73 behind the message).
void add_place(Diagnosis& out, const std::string& text) {
  auto line = line_with(text, "panicked at");
  auto at = line.find("panicked at ");
  if (at == std::string::npos) return;
  auto place = line.substr(at + 12);
  if (place.starts_with('\''))
    place = place.substr(place.rfind(", ") == std::string::npos ? 0 : place.rfind(", ") + 2);
  if (place.ends_with(':')) place.pop_back();
  auto parts = split(place, ':');
  if (parts.size() < 2) return;
  EvidenceItem item;
  item.kind = "span";
  item.file = parts[0];
  item.line = std::atoi(parts[1].c_str());
  item.text = "panicked here";
  out.evidence.push_back(std::move(item));
}

}  // namespace

std::string panic_message(const std::string& text) {
  auto at = text.find("panicked at");
  if (at == std::string::npos) return text.substr(0, text.find('\n'));
  auto from = text.find('\n', at);
  if (from == std::string::npos) return {};
  auto rest = text.substr(from + 1);
  auto end = rest.find("\nnote: run with");
  return std::string(trim(rest.substr(0, end)));
}

Diagnosis of_test(const TestCase& of, Cause cause, Confidence confidence, Fault fault, std::string title) {
  Diagnosis out;
  out.cause = cause;
  out.confidence = confidence;
  out.fault = fault;
  out.package = of.test.package;
  out.target = of.test.target;
  out.test = of.test.test;
  out.title = std::move(title);
  auto words = panic_message(of.text);
  if (!words.empty()) out.evidence.push_back(log_item(words));
  add_place(out, of.text);
  if (of.evidence.emulated())
    out.evidence.push_back(
        {"versions", "", 0, 0, of.evidence.runner.name + " " + of.evidence.runner.version});
  return out;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

namespace {

// --- outside the code

std::optional<Diagnosis> disk(const TestCase& of) {
  for (std::string_view sign : {"No space left on device", "StorageFull", "Disk quota exceeded"}) {
    if (!contains(of.text, sign)) continue;
    auto out = of_test(of, Cause::disk_full, Confidence::likely, Fault::environment,
                       "the disk was full while the test ran");
    out.mends.push_back(mend(MendKind::command, "df -h    # then: tripled rerun"));
    return out;
  }
  return std::nullopt;
}

Fault fault_of(Cause cause) { return cause == Cause::glibc_too_new ? Fault::environment : Fault::emulator; }

// The calls that QEMU's user mode does not do, by the names that tests give them: it says EINVAL for some.
bool names_missing_call(const std::string& lower) {
  return contains_any(lower, {"seccomp", "ptrace", "io_uring", "userfaultfd", "perf_event", "fanotify", "bpf",
                              "keyctl", "add_key", "kcmp", "landlock", "set_mempolicy", "membarrier"});
}

std::optional<Diagnosis> emulator(const TestCase& of) {
  if (!of.evidence.emulated()) return std::nullopt;
  auto sign = emulator_sign(of.text);
  bool invalid = contains_any(of.text, {"(os error 22)", "code: 22,", "EINVAL"});
  if (!sign && invalid && names_missing_call(to_lower(of.test.test + " " + panic_message(of.text))))
    sign = EmulatorSign{Cause::emulator_syscall, Confidence::likely,
                        "a system call that the emulator does not do (EINVAL)", ""};
  if (!sign) return std::nullopt;
  // The test itself was started; what cannot be is a program of the guest that it starts.
  bool inside = sign->cause == Cause::emulator_exec_format && sign->confidence != Confidence::certain;
  if (inside) sign->cause = Cause::test_nested_exec;
  auto out = of_test(of, sign->cause, sign->confidence, fault_of(sign->cause), sign->title);
  if (!sign->line.empty()) out.evidence.push_back(log_item(sign->line));
  if (sign->cause == Cause::emulator_cpu_model)
    out.mends.push_back(
        matrix_rule(of.evidence, "qemu: {cpu: …}", "`" + of.evidence.runner.name + " -cpu help`"));
  if (is_among(sign->cause, {Cause::test_nested_exec, Cause::emulator_spawn}))
    out.mends.push_back(matrix_rule(of.evidence, "tests: {skip: [\"" + of.test.test + "\"]}",
                                    "cannot mean anything under this emulator"));
  if (sign->cause == Cause::emulator_syscall)
    out.mends.push_back(matrix_rule(of.evidence, "qemu: {version: …}", "a newer QEMU"));
  if (is_among(sign->cause, {Cause::emulator_loader_mix, Cause::glibc_too_new}))
    out.mends.push_back(matrix_rule(of.evidence, "sysroot: /usr/…", "loader and libc from one place"));
  out.mends.push_back(matrix_rule(of.evidence, "run: native", "the second opinion"));
  return out;
}

std::optional<Diagnosis> memory(const TestCase& of) {
  if (!contains_any(of.text,
                    {"memory allocation of ", "Cannot allocate memory", "OutOfMemory", "(os error 12)"}))
    return std::nullopt;
  if (of.evidence.pointer_width() == 32) {
    auto out = of_test(of, Cause::test_pointer_width, Confidence::likely, Fault::project,
                       "an allocation does not fit into a 32-bit address space");
    out.mends.push_back(
        mend(MendKind::rust, "#[cfg_attr(target_pointer_width = \"32\", ignore)] above fn " + of.test.test));
    return out;
  }
  return of_test(of, Cause::out_of_memory, Confidence::likely, Fault::environment,
                 "the test ran out of memory");
}

// --- how it ended

std::optional<Diagnosis> timed_out(const TestCase& of) {
  if (of.test.state != TestState::timed_out) return std::nullopt;
  bool silent = contains(of.text, "printed nothing");
  auto out = of_test(of, silent ? Cause::test_hang : Cause::test_timeout, Confidence::certain,
                     of.evidence.emulated() ? Fault::unknown : Fault::project,
                     silent ? "the test hung: no output until the limit" : "the test went on past its limit");
  if (of.evidence.emulated()) {
    out.mends.push_back(matrix_rule(of.evidence, "tests: {threads: 1}", "threads under an emulator"));
    out.mends.push_back(matrix_rule(of.evidence, "timeout: …"));
  } else {
    out.mends.push_back(matrix_rule(of.evidence, silent ? "no-output-timeout: …" : "timeout: …"));
  }
  return out;
}

// There a bus error is a page of a mapped file that is gone: the machine does not mind where values lie.
bool allows_unaligned(const Evidence& evidence) {
  auto arch = evidence.cell.triple.substr(0, evidence.cell.triple.find('-'));
  return arch == "x86_64" || arch == "s390x" || (arch.starts_with("i") && arch.ends_with("86"));
}

std::optional<Diagnosis> bus_error(const TestCase& of) {
  // rustc's own checks, those of std's unsafe functions, and of the crates that cast bytes.
  bool said = contains_any(of.text, {"misaligned pointer dereference", "is not properly aligned",
                                     "unaligned pointer", "misaligned address", "TargetAlignmentGreater",
                                     "AlignmentError", "AlignmentMismatch"}) ||
              (contains(of.text, "unsafe precondition(s) violated") && contains(of.text, "aligned"));
  bool bus = contains_any(of.text, {"killed by signal 7", "uncaught target signal 7", "signal: 7"}) &&
             !allows_unaligned(of.evidence);
  if (!said && !bus) return std::nullopt;
  auto out =
      of_test(of, Cause::test_alignment, said ? Confidence::certain : Confidence::likely, Fault::project,
              said ? "a pointer is used that is not aligned for its type"
                   : "a bus error (SIGBUS), most often an unaligned access");
  out.mends.push_back(
      mend(MendKind::rust, "ptr::read_unaligned / write_unaligned, or a buffer with #[repr(align(…))]"));
  return out;
}

std::optional<Diagnosis> signal(const TestCase& of) {
  auto number = between(of.text + "\n", "killed by signal ", "\n");
  if (of.test.state != TestState::crashed && number.empty()) return std::nullopt;
  number = number.substr(0, number.find_first_not_of("0123456789"));
  if (number == "9")
    return of_test(of, Cause::out_of_memory, Confidence::guess, Fault::environment,
                   "the test was killed (signal 9)");
  bool stack = contains(of.text, "has overflowed its stack");
  bool doubled = contains_any(of.text, {"panic in a destructor", "panic in a function that cannot unwind",
                                        "thread panicked while processing panic"});
  auto out = of_test(of, Cause::test_signal, Confidence::certain, Fault::project,
                     stack            ? "the test overflowed its stack"
                     : doubled        ? "a panic where none may be ended the process"
                     : number.empty() ? "the test ended its process"
                                      : "the test was ended by signal " + number);
  out.subject = stack ? "stack overflow" : number.empty() ? "exit" : "signal " + number;
  if (of.evidence.emulated()) {
    out.confidence = Confidence::likely;
    out.mends.push_back(matrix_rule(of.evidence, "run: native", "the second opinion"));
  }
  if (stack) out.mends.push_back(matrix_rule(of.evidence, "env: {RUST_MIN_STACK: \"16777216\"}"));
  return out;
}

// --- what it said

std::optional<Diagnosis> doctest_build(const TestCase& of) {
  if (of.test.kind != "doctest") return std::nullopt;
  bool compile = contains_any(of.text, {"Couldn't compile the test", "error[E", "error: aborting due to",
                                        "Test compiled successfully, but it's marked `compile_fail`"});
  if (!compile) return std::nullopt;
  auto out = of_test(of, Cause::doctest_only, Confidence::certain, Fault::project,
                     "an example in the documentation does not compile");
  if (auto line = line_with(of.text, "error"); !line.empty()) {
    out.evidence.push_back(log_item(line));
    auto code = between(line, "error[", "]");
    out.code = code;
  }
  out.mends.push_back(
      mend(MendKind::rust, "```ignore, or #[cfg(…)] hidden by `# ` in the example: " + of.test.test));
  return out;
}

// A harness of the package's own that ended with a status and said nothing.
std::optional<Diagnosis> silent(const TestCase& of) {
  auto words = trim(of.text);
  bool bare = words.empty() || (words.starts_with("exited with status ") &&
                                words.find_first_not_of("0123456789", 19) == std::string_view::npos);
  if (of.test.kind != "custom" || !bare) return std::nullopt;
  auto out = of_test(of, Cause::unknown, Confidence::guess, Fault::unknown,
                     words.empty() ? "it failed and did not say why" : "it " + std::string(words));
  out.ruled_out = {"emulator", "disk, memory", "signals", "a panic"};
  return out;
}

// Words of std's panics about the code's own state.
bool is_of_std(const std::string& words) {
  return contains_any(words, {"index out of bounds", "attempt to ", "called `Option::", "not yet implemented",
                              "not implemented", "entered unreachable code", "out of range for slice",
                              "byte index ", "slice index starts at", "already borrowed", "mutably borrowed",
                              "divide by zero", "chunk size must be"});
}

std::optional<Diagnosis> plain(const TestCase& of) {
  auto words = panic_message(of.text);
  // The last two: #[should_panic] that did not, or said something else.
  bool assertion =
      of.test.failure == TestFailureKind::assert_ || words.starts_with("assertion ") ||
      contains_any(of.text, {"test did not panic as expected", "panic did not contain expected string"});
  // What an assertion compares, and who wrote a message, can hang on anything; std's own panics are what they
  // are.
  bool certain = !of.evidence.emulated() && !assertion && is_of_std(words);
  auto out = of_test(of, assertion ? Cause::test_assertion : Cause::test_panic,
                     certain ? Confidence::certain : Confidence::likely, Fault::project,
                     words.empty() ? "the test failed and did not say why" : first_line(words));
  if (of.evidence.emulated())
    out.mends.push_back(matrix_rule(of.evidence, "run: native", "the second opinion"));
  return out;
}

constexpr std::array<TestRule, 7> table{disk, emulator, memory, timed_out, bus_error, signal, doctest_build};

}  // namespace

Diagnosis diagnose_test(const Evidence& evidence, const TestResult& test) {
  // The judge adds its own line about gaps of emulators; it is no evidence.
  auto text = test.message.substr(0, test.message.find("\n[looks like a gap of the emulator"));
  TestCase of{evidence, test, text};
  for (auto rules : {std::span<const TestRule>(table), surroundings_rules(), value_rules()})
    for (auto rule : rules)
      if (auto out = rule(of)) return *out;
  if (auto out = silent(of)) return *out;
  return *plain(of);
}

}  // namespace tripled::diagnosis
