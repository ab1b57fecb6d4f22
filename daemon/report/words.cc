#include "daemon/report/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "daemon/report/findings.h"
#include "schema/base/text.h"

namespace tripled::report {

std::string symbol(Verdict verdict, bool ascii) {
  switch (verdict) {
    case Verdict::pass:
      return ascii ? "+" : "✓";
    case Verdict::fail:
      return ascii ? "x" : "✗";
    case Verdict::timeout:
      return ascii ? "T" : "◔";
    case Verdict::broken:
      return "!";
    case Verdict::blocked:
      return ascii ? "-" : "–";
    case Verdict::flaky:
      return "~";
    case Verdict::suspect:
      return "?";
    case Verdict::excluded:
      return ascii ? "." : "·";
    case Verdict::cancelled:
      return ascii ? "/" : "⊘";
  }
  return "?";
}

bool as_expected(const JobEntry& job) {
  bool failed = job.verdict == Verdict::fail || job.verdict == Verdict::timeout ||
                job.verdict == Verdict::suspect || job.verdict == Verdict::broken;
  return failed && !job.unexpected && job.expectation != Expectation::unmet;
}

std::string fault_text(Fault fault) {
  switch (fault) {
    case Fault::project:
      return "the project's code";
    case Fault::dependency:
      return "a dependency's code";
    case Fault::toolchain:
      return "the toolchain";
    case Fault::environment:
      return "the environment, not the code";
    case Fault::emulator:
      return "the emulator, not the code";
    case Fault::unknown:
      return "whose fault is not known";
  }
  return "";
}

std::string partial_text(const SweepEntry& sweep) {
  auto by = printable(sweep.narrowed_by.value_or("the command line"));
  return (by.starts_with("--add ") ? "not the matrix as it is written: "
                                   : "partial: not the whole matrix, narrowed by ") +
         by;
}

std::string void_text(const JobEntry& job) {
  if (!job.voided) return "";
  return "void: it was " + to_text(job.verdict) + ", on " +
         (job.worker ? "worker " + *job.worker : "a worker") +
         " or prepared by one that was found out to be wrong";
}

std::string earlier_text(const JobEntry& job) {
  std::vector<std::string> all;
  for (const auto& was : job.earlier) {
    auto text = was.verdict ? to_text(*was.verdict) : std::string("none");
    if (was.voided) text += ", void";
    if (was.reason) text += " (" + printable(*was.reason) + ")";
    all.push_back(text);
  }
  return all.empty() ? "" : "earlier: " + join(all, "; ");
}

std::string fraction(std::int64_t part, const std::optional<std::int64_t>& whole) {
  return std::to_string(part) + "/" + (whole ? std::to_string(*whole) : "?");
}

std::string percent(const std::optional<double>& ratio) {
  if (!ratio) return "";
  auto value = static_cast<int>(std::floor(*ratio * 100));
  if (value == 0 && *ratio > 0) value = 1;
  return std::to_string(value) + "%";
}

std::int64_t executed(const ExecutionCoverage& c) { return c.native.executed + c.emulated.executed; }
std::int64_t passed(const ExecutionCoverage& c) { return c.native.passed + c.emulated.passed; }

std::string execution_mode(const ExecutionCoverage& c) {
  if (c.native.executed > 0 && c.emulated.executed > 0)
    return fmt::format("{} native, {} emulated", c.native.executed, c.emulated.executed);
  if (c.native.executed > 0) return "native";
  return c.emulated.executed > 0 ? "emulated" : "";
}

std::vector<Stage> stages_of(const Report& report) {
  std::vector<Stage> out;
  for (Stage stage : {Stage::check, Stage::build, Stage::test_no_run, Stage::execute}) {
    bool any = std::any_of(report.cells.begin(), report.cells.end(),
                           [&](const CellEntry& c) { return find_job(c, stage) != nullptr; });
    if (any || stage == Stage::execute) out.push_back(stage);
  }
  return out;
}

const JobEntry* find_job(const CellEntry& cell, Stage stage) {
  for (const auto& job : cell.jobs)
    if (job.stage == stage) return &job;
  return nullptr;
}

std::int64_t duration_ms(const CellEntry& cell) {
  std::int64_t sum = 0;
  for (const auto& job : cell.jobs) sum += job.duration_ms.value_or(0);
  return sum;
}

namespace {

// Behind an ESC at `at`: the first byte after its sequence.
std::size_t end_of_escape(std::string_view text, std::size_t at) {
  if (++at >= text.size()) return at;
  if (text[at] == '[') {  // CSI: up to a final byte
    for (++at; at < text.size(); ++at)
      if (text[at] >= 0x40 && text[at] <= 0x7e) return at + 1;
    return at;
  }
  if (text[at] == ']') {  // OSC: up to BEL or ESC backslash, on one line
    for (++at; at < text.size() && text[at] != '\n'; ++at) {
      if (text[at] == '\a') return at + 1;
      if (text[at] == '\x1b') return std::min(at + 2, text.size());
    }
    return at;
  }
  return at + 1;
}

}  // namespace

std::string printable(std::string_view bytes) {
  const auto text = to_valid_utf8(bytes);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    auto c = static_cast<unsigned char>(text[i]);
    if (c == 0x1b) {
      i = end_of_escape(text, i);
      continue;
    }
    // C1 controls (U+0080..U+009F) are C2 80..9F; some terminals obey them.
    if (c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
      i += 2;
      continue;
    }
    // U+FFFE and U+FFFF are no characters and not allowed in XML.
    if (c == 0xef && text.compare(i, 2, "\xef\xbf") == 0 && static_cast<unsigned char>(text[i + 2]) >= 0xbe) {
      i += 3;
      continue;
    }
    if (c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7f)) out += text[i];
    ++i;
  }
  return out;
}

std::vector<std::string> lines_of(std::string_view text, std::size_t count) {
  std::vector<std::string> out;
  for (auto& line : split(printable(text), '\n')) {
    if (out.size() == count) break;
    if (!out.empty() || !trim(line).empty()) out.push_back(std::move(line));
  }
  while (!out.empty() && trim(out.back()).empty()) out.pop_back();
  return out;
}

namespace {

struct TripleState {
  bool compiles = true, tried = false;  // every planned unit of every compile stage
  bool native = false, emulated = false, all_ran = true;
};

std::map<std::string, TripleState> by_triple(const Report& report) {
  std::map<std::string, TripleState> out;
  for (const auto& cell : report.cells) {
    if (cell.verdict == Verdict::excluded) continue;
    auto& state = out[cell.triple];
    for (const auto& [stage, coverage] : cell.compile_coverage) {
      state.tried = true;
      state.compiles = state.compiles && coverage.planned && coverage.compiled == *coverage.planned;
    }
    const auto& e = cell.execution_coverage;
    state.native = state.native || e.native.executed > 0;
    state.emulated = state.emulated || e.emulated.executed > 0;
    if (find_job(cell, Stage::execute))
      state.all_ran = state.all_ran && e.planned && executed(e) == *e.planned;
  }
  return out;
}

}  // namespace

Sentences both_coverages(const Report& report) {
  int compiles = 0, native = 0, emulated = 0, all_ran = 0, ran = 0;
  std::int64_t tests = 0, tests_passed = 0;
  auto triples = by_triple(report);
  for (const auto& [triple, state] : triples) {
    compiles += state.tried && state.compiles ? 1 : 0;
    if (!state.native && !state.emulated) continue;
    ++ran;
    ++(state.native ? native : emulated);
    all_ran += state.all_ran ? 1 : 0;
  }
  for (const auto& cell : report.cells) {
    tests += executed(cell.execution_coverage);
    tests_passed += passed(cell.execution_coverage);
  }
  Sentences out;
  out.compiles_on = fmt::format("{} of {}", compiles, counted(triples.size(), "triple"));
  out.runs_on = fmt::format("{} of {}", ran, counted(triples.size(), "triple"));
  out.compiles = "compiles completely on " + out.compiles_on;
  out.runs = fmt::format("was run on {} of {}", ran, triples.size());
  if (ran == 0) return out;
  out.runs_how = fmt::format("{} native, {} emulated; every planned test on {}", native, emulated, all_ran);
  out.runs += fmt::format(" ({}): {} of {} tests passed", out.runs_how, tests_passed, tests);
  out.runs_how += fmt::format("; {} of {} tests passed", tests_passed, tests);
  return out;
}

std::string exit_meaning(const Report& report, int status) {
  auto some = [](std::size_t n, const char* what) {
    return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
  };
  auto findings = collect(report);
  std::vector<std::string> parts;
  switch (status) {
    case 0:
      if (!findings.flaky.empty()) parts.push_back(some(findings.flaky.size(), "flaky test"));
      if (!findings.expected.empty()) parts.push_back("nothing but what the matrix expects");
      if (parts.empty()) parts.push_back("nothing went wrong");
      break;
    case 1:
      if (!findings.failures.empty()) parts.push_back(some(findings.failures.size(), "unexpected failure"));
      if (!findings.unmet.empty()) parts.push_back(some(findings.unmet.size(), "unmet expectation"));
      if (parts.empty()) parts.push_back(some(findings.flaky.size(), "flaky test") + " under --strict");
      break;
    case 2:
      parts.push_back("the configuration is wrong");
      break;
    case 3:
      parts.push_back("no failure of the code, but the environment is broken");
      if (auto n = void_jobs(report); n > 0)
        parts.push_back(some(n, "verdict") + (n == 1 ? " is" : " are") + " void and not tried again");
      break;
    case 130:
      parts.push_back("interrupted");
      break;
    default:
      parts.push_back("ended early");
      break;
  }
  return join(parts, ", ");
}

}  // namespace tripled::report
