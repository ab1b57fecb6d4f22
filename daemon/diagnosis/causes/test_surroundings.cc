// Tests that depend on what is around them: network, rights, threads, programs that they start.
#include <array>

#include "daemon/diagnosis/causes/asserted.h"
#include "daemon/diagnosis/causes/mends.h"
#include "daemon/diagnosis/causes/test_case.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

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
  // Two that want the same port: the test's own choice.
  bool taken = contains_any(of.text, {"AddrInUse", "Address already in use"});
  return of_test(of, Cause::test_network, unreachable ? Confidence::likely : Confidence::guess,
                 taken ? Fault::project : Fault::environment,
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

// Root may do everything: an error that is expected does not come.
std::optional<Diagnosis> too_many_rights(const TestCase& of) {
  auto uid = of.evidence.machine.find("uid");
  if (uid == of.evidence.machine.end() || uid->second != "0") return std::nullopt;
  auto words = panic_message(of.text);
  bool ok = contains(words, "unwrap_err()` on an `Ok` value") || contains(words, ".is_err()");
  bool about =
      contains_any(to_lower(of.test.test + " " + words),
                   {"permission", "readonly", "read_only", "read-only", "denied", "forbidden", "root"});
  if (!ok && !about) return std::nullopt;
  auto out =
      of_test(of, Cause::test_privileges, about ? Confidence::likely : Confidence::guess, Fault::environment,
              "the test runs as root, and expects an error that root does not get");
  out.evidence.push_back({"versions", "", 0, 0, "uid 0"});
  out.mends.push_back(mend(MendKind::command, "systemctl edit tripled-worker    # User=…: not root"));
  return out;
}

std::optional<Diagnosis> threads(const TestCase& of) {
  // Another thread panicked, or went away, while this one relied on it.
  bool other = contains_any(panic_message(of.text), {"PoisonError", "RecvError", "SendError", "BarrierWait"});
  if (other)
    return of_test(of, Cause::test_threads, Confidence::guess, Fault::project,
                   "another thread of the test panicked or was gone: " + first_line(panic_message(of.text)));
  if (!contains_any(of.text, {"failed to spawn thread", "Resource temporarily unavailable",
                              "code: 11, kind: WouldBlock", "thread limit"}))
    return std::nullopt;
  auto out = of_test(of, Cause::test_threads, Confidence::likely, Fault::environment,
                     "a thread or process could not be started, or a resource was exhausted");
  out.mends.push_back(matrix_rule(of.evidence, "tests: {threads: 1}"));
  return out;
}

// `exit status: 1`, and not 101.
bool ended_with(const std::string& text, int status) {
  auto words = "exit status: " + std::to_string(status);
  for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) {
    auto end = at + words.size();
    if (end == text.size() || text[end] < '0' || text[end] > '9') return true;
  }
  return false;
}

// A loader as runner is what the program sees as itself.
std::optional<Diagnosis> nested(const TestCase& of) {
  if (of.evidence.emulated()) return std::nullopt;
  bool format = contains_any(of.text, {"Exec format error", "(os error 8)", "code: 8, kind"});
  bool loader = !of.evidence.runner.command.empty() && contains(of.evidence.runner.command.front(), "ld-") &&
                (ended_with(of.text, 1) || ended_with(of.text, 127) ||
                 contains_any(of.text, {"missing program name", "ld-linux"}));
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

// A shell's 126 (it cannot be executed) and 127 (it is not there) as a value that is compared.
std::optional<Diagnosis> shell_status(const TestCase& of) {
  auto values = asserted(of.text);
  if (!of.evidence.emulated()) return std::nullopt;
  bool status = contains_any(of.text, {"code=126", "code=127", "exit code: 126", "exit code: 127"}) ||
                ended_with(of.text, 126);
  for (const char* value : {"126", "127", "Some(126)", "Some(127)"})
    status = status || (values && (values->left == value || values->right == value));
  if (!status) return std::nullopt;
  auto out = of_test(of, Cause::test_nested_exec, Confidence::likely, Fault::emulator,
                     "a program that the test started could not be executed inside the emulator");
  out.mends.push_back(matrix_rule(of.evidence, "run: native", "the second opinion"));
  return out;
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

constexpr std::array<TestRule, 7> table{network,      privileges,   threads,        nested,
                                        shell_status, host_answers, too_many_rights};

}  // namespace

std::span<const TestRule> surroundings_rules() { return table; }

}  // namespace tripled::diagnosis
