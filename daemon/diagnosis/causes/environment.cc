// Disk, memory, network, registry, locks: signatures that win wherever they appear. Texts of Linux
// (strerror), cargo 1.85-1.96, LLVM and GNU ld. Only words without a place in the code are looked at: a
// compile_error! can say anything.
#include <array>

#include "daemon/diagnosis/causes/rules.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

// Words of tools: no code of rustc, no place in a source. A build script's own output counts, too.
bool is_of_tools(const Case& of) {
  return of.error.code.empty() && (of.error.file.empty() || of.error.file.ends_with(".toml"));
}

Diagnosis outside(const Case& of, Cause cause, Confidence confidence, std::string title,
                  std::string_view sign) {
  auto out = found(of, cause, confidence);
  out.fault = Fault::environment;
  out.title = std::move(title);
  if (auto line = line_with(all_words_of(of.error), sign); !line.empty())
    out.evidence.push_back(log_item(line));
  return out;
}

std::string machine_says(const Evidence& evidence, const char* key) {
  auto found = evidence.machine.find(key);
  return found == evidence.machine.end() ? std::string() : found->second;
}

std::optional<Diagnosis> disk_full(const Case& of) {
  if (!is_of_tools(of)) return std::nullopt;
  auto text = all_words_of(of.error);
  static constexpr std::array<std::string_view, 4> signs{"No space left on device", "(os error 28)",
                                                         "Disk quota exceeded", "(os error 122)"};
  for (auto sign : signs) {
    if (!contains(text, sign)) continue;
    auto out = outside(of, Cause::disk_full, Confidence::certain, "the disk is full", sign);
    if (auto free = machine_says(of.evidence, "disk_free_bytes"); !free.empty())
      out.evidence.push_back({"versions", "", 0, 0, "free disk afterwards: " + free + " bytes"});
    out.mends.push_back(mend(MendKind::command, "df -h    # then: tripled rerun"));
    return out;
  }
  return std::nullopt;
}

std::optional<Diagnosis> memory_out(const Case& of) {
  if (!is_of_tools(of)) return std::nullopt;
  auto text = all_words_of(of.error);
  struct Sign {
    std::string_view text;
    Confidence confidence;
  };
  static constexpr std::array<Sign, 7> signs{Sign{"Cannot allocate memory", Confidence::certain},
                                             Sign{"(os error 12)", Confidence::certain},
                                             Sign{"LLVM ERROR: out of memory", Confidence::certain},
                                             Sign{"memory exhausted", Confidence::certain},
                                             Sign{"virtual memory exhausted", Confidence::certain},
                                             Sign{"ld terminated with signal 9", Confidence::likely},
                                             Sign{"memory allocation of ", Confidence::likely}};
  for (const auto& sign : signs) {
    if (!contains(text, sign.text)) continue;
    auto out =
        outside(of, Cause::out_of_memory, sign.confidence, "memory ran out while compiling", sign.text);
    out.mends.push_back(mend(MendKind::command, "tripled sweep … --slots 1"));
    return out;
  }
  return std::nullopt;
}

// Nothing but the kernel's out-of-memory killer and people send 9.
std::optional<Diagnosis> killed(const Case& of) {
  if (!is_of_tools(of)) return std::nullopt;
  auto text = all_words_of(of.error);
  bool nine = contains_any(text, {"(signal: 9", "SIGKILL", "was ended by signal 9", "killed by signal 9"});
  if (!nine) return std::nullopt;
  auto out =
      outside(of, Cause::out_of_memory, Confidence::likely,
              "a compiler or build script was killed (signal 9), most often for lack of memory", "signal");
  out.mends.push_back(mend(MendKind::command, "tripled sweep … --slots 1"));
  return out;
}

bool is_of_cargo(const Case& of) { return of.failure.package.empty(); }

std::optional<Diagnosis> registry(const Case& of) {
  if (!is_of_tools(of) || !is_of_cargo(of)) return std::nullopt;
  auto text = all_words_of(of.error);
  static constexpr std::array<std::string_view, 11> signs{"failed to verify the checksum",
                                                          "checksum for ",
                                                          "unable to verify that ",
                                                          "got 403",
                                                          "got 404",
                                                          "got 429",
                                                          "got 50",
                                                          "failed to query replaced source",
                                                          "[22] HTTP response code said error",
                                                          "no token found",
                                                          "registry index was not found"};
  for (auto sign : signs) {
    if (!contains(text, sign)) continue;
    // "failed to query replaced source" stands above network errors as well.
    if (contains_any(
            text, {"resolve host", "ould not connect", "ouldn't connect", "ailed to connect",
                   "onnection refused", "timed out", "onnection reset", "Network is unreachable", "offline"}))
      continue;
    auto out =
        outside(of, Cause::registry, Confidence::likely, "a registry refused or gave something else", sign);
    out.mends.push_back(mend(MendKind::command, "cargo fetch --locked"));
    return out;
  }
  return std::nullopt;
}

std::optional<Diagnosis> network(const Case& of) {
  bool script = of.error.message.starts_with("build script of `");
  if (!is_of_tools(of) || (!is_of_cargo(of) && !script)) return std::nullopt;
  auto text = all_words_of(of.error);
  // curl's (with and without its number), libgit2's and the system's words.
  static constexpr std::array<std::string_view, 22> signs{
      "ould not resolve host",    "ouldn't resolve host",       "ould not resolve proxy",
      "ailed to resolve address", "failure in name resolution", "Name or service not known",
      "ould not connect to",      "ouldn't connect to server",  "ailed to connect to",
      "Network is unreachable",   "No route to host",           "network failure seems",
      "spurious network error",   "onnection refused",          "onnection reset",
      "Operation timed out",      "Operation too slow",         "Timeout was reached",
      "SSL certificate problem",  "SSL connect error",          "CONNECT tunnel failed",
      "remote end hung up"};
  for (auto sign : signs) {
    // A script that is refused talked to a server of its own choice.
    if (!contains(text, sign) || (script && contains_any(sign, {"onnect", "SSL", "out", "slow", "network"})))
      continue;
    auto out = outside(of, Cause::network, script ? Confidence::likely : Confidence::certain,
                       script ? "the build script wants a network, which a job has not"
                              : "the network was not to be reached",
                       sign);
    out.mends.push_back(mend(MendKind::command, "cargo fetch --locked    # once, with a network"));
    return out;
  }
  // A job has no network on purpose: what it needs was not fetched before.
  for (std::string_view sign :
       {"attempting to make an HTTP request, but --offline", "you're using offline mode",
        "but --offline was specified", "can't checkout from"}) {
    if (!contains(text, sign)) continue;
    auto out = outside(of, Cause::network, Confidence::likely,
                       "a package was not fetched before the job, which has no network", sign);
    out.mends.push_back(mend(MendKind::command, "cargo fetch --locked    # once, with a network"));
    return out;
  }
  return std::nullopt;
}

std::optional<Diagnosis> locks(const Case& of) {
  if (!is_of_tools(of)) return std::nullopt;
  auto text = all_words_of(of.error);
  for (std::string_view sign :
       {"failed to lock file", "failed to open: lock", "Blocking waiting for file lock", "Text file busy"}) {
    if (!contains(text, sign)) continue;
    auto out = outside(of, Cause::lock_contention, Confidence::likely,
                       "another process held a lock or a file that the job needed", sign);
    out.mends.push_back(mend(MendKind::command, "tripled rerun"));
    return out;
  }
  return std::nullopt;
}

constexpr std::array<Rule, 6> table{disk_full, memory_out, killed, registry, network, locks};

}  // namespace

std::span<const Rule> environment_rules() { return table; }

}  // namespace tripled::diagnosis
