// Failed tests. The process outcome first, then what libtest and the panic said.
#include <array>

#include "daemon/diagnosis/causes/asserted.h"
#include "daemon/diagnosis/causes/emulator.h"
#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/rules.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

// A test that failed, as the rules see it.
struct TestCase {
  const Evidence& evidence;
  const TestResult& test;
  const std::string& text;
};
using TestRule = std::optional<Diagnosis> (*)(const TestCase&);

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

// What the panic said: the lines behind its place.
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

std::optional<Diagnosis> emulator(const TestCase& of) {
  if (!of.evidence.emulated()) return std::nullopt;
  auto sign = emulator_sign(of.text);
  if (!sign) return std::nullopt;
  auto out = of_test(of, sign->cause, sign->confidence, Fault::emulator, sign->title);
  if (!sign->line.empty()) out.evidence.push_back(log_item(sign->line));
  if (sign->cause == Cause::emulator_cpu_model)
    out.mends.push_back(
        matrix_rule(of.evidence, "qemu: {cpu: …}", "`" + of.evidence.runner.name + " -cpu help`"));
  if (is_among(sign->cause, {Cause::emulator_exec_format, Cause::emulator_spawn}))
    out.mends.push_back(matrix_rule(of.evidence, "tests: {skip: [\"" + of.test.test + "\"]}",
                                    "cannot mean anything under this emulator"));
  if (sign->cause == Cause::emulator_syscall)
    out.mends.push_back(matrix_rule(of.evidence, "qemu: {version: …}", "a newer QEMU"));
  if (sign->cause == Cause::emulator_loader_mix)
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

std::optional<Diagnosis> alignment(const TestCase& of) {
  bool said = contains_any(of.text, {"misaligned pointer dereference", "is not properly aligned",
                                     "unaligned pointer", "misaligned address"});
  bool bus = contains_any(of.text, {"killed by signal 7", "uncaught target signal 7", "signal: 7"});
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

std::optional<Diagnosis> network(const TestCase& of) {
  bool unreachable =
      contains_any(of.text, {"failed to lookup address information", "Name or service not known",
                             "Temporary failure in name resolution", "Network is unreachable",
                             "NetworkUnreachable", "HostUnreachable", "No route to host", "dns error",
                             "Could not resolve host", "Address family not supported"});
  bool refused =
      contains_any(of.text, {"ConnectionRefused", "Connection refused", "AddrNotAvailable",
                             "Cannot assign requested address", "AddrInUse", "Address already in use"});
  if (!unreachable && !refused) return std::nullopt;
  return of_test(of, Cause::test_network, unreachable ? Confidence::likely : Confidence::guess,
                 Fault::environment,
                 unreachable ? "the test needs a network, which a job has not"
                             : "the test could not use a network address");
}

std::optional<Diagnosis> privileges(const TestCase& of) {
  if (!contains_any(of.text, {"PermissionDenied", "Permission denied", "Operation not permitted",
                              "(os error 1)", "(os error 13)", "Read-only file system", "EPERM", "EACCES",
                              "must be root", "requires root"}))
    return std::nullopt;
  auto out = of_test(of, Cause::test_privileges, Confidence::likely, Fault::environment,
                     "the test asks for rights that a job has not");
  auto uid = of.evidence.machine.find("uid");
  if (uid != of.evidence.machine.end()) out.evidence.push_back({"versions", "", 0, 0, "uid " + uid->second});
  return out;
}

std::optional<Diagnosis> page_size(const TestCase& of) {
  auto lower = to_lower(of.text);
  auto values = asserted(of.text);
  bool named = contains_any(lower, {"page size", "page_size", "pagesize", "_sc_pagesize"});
  bool pages = values && is_page_size(*values);
  if (!contains(lower, "unsupported system page size") && !(named && (pages || values)) && !pages)
    return std::nullopt;
  return of_test(of, Cause::test_page_size, named ? Confidence::likely : Confidence::guess, Fault::project,
                 "the test holds for another page size");
}

std::optional<Diagnosis> threads(const TestCase& of) {
  if (!contains_any(of.text, {"failed to spawn thread", "Resource temporarily unavailable",
                              "code: 11, kind: WouldBlock", "thread limit"}))
    return std::nullopt;
  auto out = of_test(of, Cause::test_threads, Confidence::likely, Fault::environment,
                     "a thread or process could not be started, or a resource was exhausted");
  out.mends.push_back(matrix_rule(of.evidence, "tests: {threads: 1}"));
  return out;
}

// A loader as runner is what the program sees as itself.
std::optional<Diagnosis> nested(const TestCase& of) {
  if (of.evidence.emulated()) return std::nullopt;
  bool format = contains_any(of.text, {"Exec format error", "(os error 8)", "code: 8, kind"});
  bool loader =
      !of.evidence.runner.command.empty() && contains(of.evidence.runner.command.front(), "ld-") &&
      contains_any(of.text, {"exit status: 1", "exit status: 127", "missing program name", "ld-linux"});
  if (!format && !loader) return std::nullopt;
  auto out = of_test(
      of, Cause::test_nested_exec, format ? Confidence::likely : Confidence::guess, Fault::environment,
      loader ? "the test starts itself or a sibling; under the loader as runner it starts the loader"
             : "the test starts a program of another machine");
  const auto& triple = of.evidence.cell.triple;
  out.mends.push_back(matrix_rule(of.evidence, "run: native",
                                  contains(triple, "i686")
                                      ? "apt-get install libc6-i386: without the loader as runner"
                                      : "without a runner"));
  return out;
}

std::optional<Diagnosis> endianness(const TestCase& of) {
  auto values = asserted(of.text);
  bool named =
      of.evidence.big_endian() && contains(to_lower(of.test.test + panic_message(of.text)), "endian");
  if (!values || !is_byte_swapped(*values)) {
    if (!named) return std::nullopt;
    auto out = of_test(of, Cause::test_endianness, Confidence::guess, Fault::project,
                       "a test about the order of bytes fails on a big-endian machine");
    out.cfg = "target_endian = \"big\"";
    return out;
  }
  auto out = of_test(of, Cause::test_endianness,
                     of.evidence.big_endian() ? Confidence::likely : Confidence::guess, Fault::project,
                     "the bytes come in the other order: " + values->left + ", not " + values->right);
  out.cfg = "target_endian = \"big\"";
  out.mends.push_back(
      mend(MendKind::rust,
           "to_le_bytes / from_le_bytes (or _be_) in the place of to_ne_bytes, transmute and pointer casts"));
  return out;
}

std::optional<Diagnosis> pointer_width(const TestCase& of) {
  if (of.evidence.pointer_width() == 64) return std::nullopt;
  auto values = asserted(of.text);
  bool convert = contains_any(of.text, {"TryFromIntError", "PosOverflow", "capacity overflow",
                                        "out of range integral type conversion"});
  auto about = to_lower(of.test.test + " " + panic_message(of.text));
  bool sizes = values && is_layout(*values) && contains_any(about, {"size", "layout", "align", "offset"});
  if (!convert && !sizes && !(values && is_word_width(*values))) return std::nullopt;
  auto out = of_test(
      of, Cause::test_pointer_width, Confidence::likely, Fault::project,
      convert ? "a number does not fit into " + std::to_string(of.evidence.pointer_width()) + "-bit usize"
              : "a size or limit is that of 64-bit words: " + values->left + ", not " + values->right);
  out.cfg = "target_pointer_width = \"" + std::to_string(of.evidence.pointer_width()) + "\"";
  out.mends.push_back(mend(
      MendKind::rust, "u64 where a number does not depend on the machine; size_of::<usize>() where it does"));
  return out;
}

std::optional<Diagnosis> atomics(const TestCase& of) {
  if (!contains_any(of.text, {"is_lock_free", "lock-free", "lock free"})) return std::nullopt;
  return of_test(of, Cause::test_atomics, Confidence::guess, Fault::project,
                 "the test is about lock-free atomics that the triple may lack");
}

std::optional<Diagnosis> time(const TestCase& of) {
  auto words = panic_message(of.text);
  bool said = contains_any(words, {"elapsed", "took too long", "too slow", "deadline", "Duration", "Instant",
                                   "TimedOut", "timed out", "Timeout", "timeout"});
  if (!said) return std::nullopt;
  return of_test(
      of, Cause::test_time,
      contains_any(words, {"elapsed", "took too long", "too slow"}) ? Confidence::likely : Confidence::guess,
      of.evidence.emulated() ? Fault::unknown : Fault::project,
      "the test depends on how fast the machine is: " + first_line(words));
}

// `uname -m` and the like: a host program answers for the host.
std::optional<Diagnosis> host_answers(const TestCase& of) {
  auto values = asserted(of.text);
  auto machine = of.evidence.machine.find("machine");
  if (!values || machine == of.evidence.machine.end() || of.evidence.runner.command.empty())
    return std::nullopt;
  auto host = "\"" + machine->second + "\"";
  auto arch = of.evidence.cell.triple.substr(0, of.evidence.cell.triple.find('-'));
  if ((values->left != host && values->right != host) || arch == machine->second) return std::nullopt;
  return of_test(of, of.evidence.emulated() ? Cause::emulator_spawn : Cause::test_nested_exec,
                 Confidence::guess, of.evidence.emulated() ? Fault::emulator : Fault::environment,
                 "a program of the host answers in the place of one of " + of.evidence.cell.triple);
}

std::optional<Diagnosis> plain(const TestCase& of) {
  auto words = panic_message(of.text);
  bool assertion = of.test.failure == TestFailureKind::assert_ || words.starts_with("assertion ");
  auto out = of_test(of, assertion ? Cause::test_assertion : Cause::test_panic,
                     of.evidence.emulated() ? Confidence::likely : Confidence::certain, Fault::project,
                     words.empty() ? "the test failed and did not say why" : first_line(words));
  if (of.evidence.emulated())
    out.mends.push_back(matrix_rule(of.evidence, "run: native", "the second opinion"));
  return out;
}

constexpr std::array<TestRule, 17> table{
    disk,      emulator, memory, timed_out,  alignment,     signal,       doctest_build, network, privileges,
    page_size, threads,  nested, endianness, pointer_width, host_answers, atomics,       time};

}  // namespace

Diagnosis diagnose_test(const Evidence& evidence, const TestResult& test) {
  // The judge adds its own line about gaps of emulators; it is no evidence.
  auto text = test.message.substr(0, test.message.find("\n[looks like a gap of the emulator"));
  TestCase of{evidence, test, text};
  for (auto rule : table)
    if (auto out = rule(of)) return *out;
  return *plain(of);
}

}  // namespace tripled::diagnosis
