#include "workers/agent/test_binary.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "schema/base/hash.h"
#include "schema/base/text.h"
#include "workers/cargo/libtest.h"

namespace tripled::agent {
namespace {

constexpr std::size_t max_message_bytes = 8u << 10;
constexpr int max_rounds = 60;

// The end of what was said, however much it was.
class LastWords {
 public:
  void add(std::string_view bytes) {
    text.append(bytes);
    if (text.size() > 2 * max_message_bytes) text.erase(0, text.size() - max_message_bytes);
  }
  std::string text;
};

class LibtestSink : public exec::OutputSink {
 public:
  LibtestSink(cargo::TestOwner owner, std::vector<std::string> expected)
      : parser(std::move(owner), std::move(expected)) {}
  void on_stdout(std::string_view bytes) override { parser.feed(bytes); }
  void on_stderr(std::string_view bytes) override { tail.add(bytes); }
  cargo::LibtestParser parser;
  LastWords tail;  // of stderr: what a crashing process says last
};

class LastWordsSink : public exec::OutputSink {
 public:
  void on_stdout(std::string_view bytes) override { out.add(bytes); }
  void on_stderr(std::string_view bytes) override { err.add(bytes); }
  LastWords out, err;
};

class TextSink : public exec::OutputSink {
 public:
  void on_stdout(std::string_view bytes) override {
    out.append(bytes.substr(0, limit - std::min(limit, out.size())));
  }
  void on_stderr(std::string_view bytes) override {
    err.append(bytes.substr(0, limit - std::min(limit, err.size())));
  }
  static constexpr std::size_t limit = 16u << 20;
  std::string out, err;
};

bool ended_well(const ProcessRecord& p) {
  return p.outcome == Outcome::exited && (p.code == 0 || p.code == 101);
}
bool timed_out(const ProcessRecord& p) {
  return p.outcome == Outcome::timed_out || p.outcome == Outcome::no_output;
}

std::string how(const ProcessRecord& p) {
  switch (p.outcome) {
    case Outcome::signalled:
      return "killed by signal " + std::to_string(p.code) +
             (p.reason.empty() ? "" : " (it " + p.reason + ")");
    case Outcome::timed_out:
      return "ran into the time limit";
    case Outcome::no_output:
      return "printed nothing for too long";
    case Outcome::exited:
      return "exited with status " + std::to_string(p.code);
    case Outcome::could_not_start:
      return p.reason;
    case Outcome::cancelled:
    case Outcome::worker_lost:
    case Outcome::not_run:
      return "was not run to its end";
  }
  return {};
}

// Costs of a process that came before or after the decisive one.
void add_cost(ProcessRecord& sum, const ProcessRecord& other) {
  sum.duration_ms += other.duration_ms;
  sum.cpu_ms += other.cpu_ms;
  sum.max_rss_bytes = std::max(sum.max_rss_bytes, other.max_rss_bytes);
  sum.leftover_killed += other.leftover_killed;
}

// Arguments the settings ask for, without names of tests.
std::vector<std::string> common_args(const TestSettings& settings) {
  std::vector<std::string> args = settings.args;
  if (settings.threads) args.push_back("--test-threads=" + std::to_string(*settings.threads));
  if (settings.ignored == "only") args.push_back("--ignored");
  if (settings.ignored == "both") args.push_back("--include-ignored");
  return args;
}

}  // namespace

bool selected(const TestSettings& settings, const std::string& name) {
  auto matches = [&](const std::string& pattern) {
    return contains(name, pattern) || glob_match(pattern, name);
  };
  if (std::any_of(settings.skip.begin(), settings.skip.end(), matches)) return false;
  auto fits = [&](const auto& list) {
    return list.empty() || std::any_of(list.begin(), list.end(), matches);
  };
  return fits(settings.filter) && fits(settings.only);
}

int part_of(const std::string& test, int parts) {
  return static_cast<int>(std::stoul(sha256_hex(test).substr(0, 8), nullptr, 16) %
                          static_cast<unsigned long>(parts));
}

namespace {

class LibtestRun {
 public:
  LibtestRun(const BinaryUnderTest& binary, const StartTests& start) : binary_(binary), start_(start) {}

  BinaryOutcome run() {
    if (!list()) return std::move(outcome_);
    bool all = skipped_.empty() && !binary_.part;
    if (all && !wanted_.empty()) round({}, false);
    if (!all)  // by name, in as many processes as their names need
      for (const auto& part : cargo::plan_rerun(wanted_, {}, {}, false).runs)
        if (!stopped_) round(part.args, false);
    finish_rest();
    if (company_ && guilty_.empty()) blame_company();
    for (const auto& name : listed_)  // planned tests that a rule skips stay planned
      if (!done_.count(name)) add(name, skipped_.count(name) ? TestState::skipped : TestState::not_run, "");
    return std::move(outcome_);
  }

 private:
  bool list() {
    TextSink sink;
    auto process = start_({"--list", "--format", "terse"}, sink);
    auto list = cargo::parse_test_list(sink.out);
    if (!ended_well(process) || process.code != 0 || !list.understood) {
      outcome_.process = process;
      fail_whole(process, false, " could not list its tests: " + how(process) + last_line(sink.err));
      return false;
    }
    listed_ = list.tests;
    if (const auto& part = binary_.part)
      std::erase_if(listed_, [&](const std::string& name) {
        return std::find(part->parts.begin(), part->parts.end(), part_of(name, part->of)) ==
               part->parts.end();
      });
    std::set<std::string> ignored;
    if (binary_.settings.ignored == "only" && binary_.only.empty()) {
      TextSink only;
      auto asked = start_({"--list", "--format", "terse", "--ignored"}, only);
      if (ended_well(asked) && asked.code == 0)
        for (auto& name : cargo::parse_test_list(only.out).tests) ignored.insert(std::move(name));
    }
    for (const auto& name : listed_) {
      bool is_only = std::find(binary_.only.begin(), binary_.only.end(), name) != binary_.only.end();
      bool left_out = binary_.settings.ignored == "only" && !ignored.count(name);
      if (!binary_.only.empty() ? is_only : !left_out && selected(binary_.settings, name))
        wanted_.push_back(name);
      else
        skipped_.insert(name);
    }
    if (!binary_.only.empty()) listed_ = wanted_;
    outcome_.process = process;
    return true;
  }

  void fail_whole(const ProcessRecord& process, bool listed, const std::string& text) {
    outcome_.failure =
        BinaryFailure{binary_.package, binary_.target,  binary_.kind,
                      listed,          process.outcome, binary_.package + "/" + binary_.target + text};
  }

  // The run of all tests together ended badly, and each of them passed alone: it needs company to fail
  // (toolchains.md 6). Those that were open then are flaky; when all had their results, it is the whole's.
  void blame_company() {
    bool any = false;
    for (auto& t : outcome_.tests) {
      if (!company_open_.count(t.test) || t.state != TestState::passed) continue;
      t.flaky = any = true;
      t.failure = timed_out(*company_)                      ? TestFailureKind::timeout
                  : company_->outcome == Outcome::signalled ? TestFailureKind::signal
                                                            : TestFailureKind::crash;
      t.message = to_valid_utf8("passes alone; run together with the others, the executable " +
                                how(*company_) + "\n" + company_tail_);
    }
    if (!any)
      fail_whole(*company_, true,
                 " " + how(*company_) + " although every test had its result" + last_line(company_tail_));
  }

  static std::string last_line(const std::string& text) {
    auto lines = split(std::string(trim(text)), '\n');
    return lines.empty() || lines.back().empty() ? "" : ": " + to_valid_utf8(lines.back());
  }

  // One process. `single`: one thread, so that the test it stopped in is known.
  void round(std::vector<std::string> args, bool single) {
    for (const auto& a : common_args(binary_.settings))
      if (!single || a.rfind("--test-threads", 0) != 0) args.push_back(a);
    if (single && std::find(args.begin(), args.end(), "--test-threads=1") == args.end())
      args.push_back("--test-threads=1");
    LibtestSink sink({binary_.package, binary_.target, binary_.kind}, listed_);
    auto process = start_(args, sink);
    auto run = sink.parser.finish();
    for (auto& t : run.tests) keep(std::move(t), run.complete);
    if (ended_well(outcome_.process)) {
      auto costs = std::exchange(outcome_.process, process);
      add_cost(outcome_.process, costs);
    } else {
      add_cost(outcome_.process, process);
    }
    if (!ended_well(process) || !run.complete) {
      if (!single) remember_company(process, sink.tail.text);
      blame(process, run, single, sink.tail.text);
    }
    stopped_ = process.outcome == Outcome::cancelled || process.outcome == Outcome::could_not_start;
  }

  void remember_company(const ProcessRecord& process, const std::string& tail) {
    if (process.outcome == Outcome::cancelled || process.outcome == Outcome::could_not_start) return;
    company_ = process;
    company_tail_ = tail.substr(0, max_message_bytes);
    for (const auto& name : wanted_)
      if (!done_.count(name)) company_open_.insert(name);
  }

  // The first result of a test counts. libtest says what failing tests printed at its end: a process that
  // did not come so far leaves failures without a word, and those are run again for their words alone.
  void keep(TestResult t, bool complete) {
    if (unexplained_.count(t.test)) {
      if (t.state == TestState::failed && !t.message.empty()) {
        auto first = std::find_if(outcome_.tests.begin(), outcome_.tests.end(),
                                  [&](const TestResult& r) { return r.test == t.test; });
        first->message = t.message;
        first->failure = t.failure;
      }
      if (complete || !t.message.empty()) unexplained_.erase(t.test);
    } else if (done_.insert(t.test).second) {
      if (!complete && t.state == TestState::failed && t.message.empty()) unexplained_.insert(t.test);
      outcome_.tests.push_back(std::move(t));
    }
  }

  // Which test was running when the process ended; unknown with several threads: then one thread tells.
  void blame(const ProcessRecord& process, const cargo::TestRun& run, bool single, const std::string& tail) {
    if (process.outcome == Outcome::cancelled || process.outcome == Outcome::could_not_start) return;
    std::vector<std::string> open;
    for (const auto& name : wanted_)
      if (!done_.count(name)) open.push_back(name);
    std::optional<std::string> guilty;
    if (single) guilty = run.last_started;
    if (!guilty && open.size() == 1) guilty = open.front();
    if (!guilty && single && !open.empty()) guilty = open.front();
    if (!guilty) return;
    unexplained_.erase(*guilty);
    if (done_.count(*guilty)) return;
    guilty_.push_back(*guilty);
    done_.insert(*guilty);
    auto last_words = tail.size() > max_message_bytes ? tail.substr(tail.size() - max_message_bytes) : tail;
    auto ended = how(process) + (process.outcome == Outcome::exited ? " before its summary" : "");
    add(*guilty, timed_out(process) ? TestState::timed_out : TestState::crashed,
        ended + (tail.empty() ? "" : "\n" + last_words), &process);
  }

  void finish_rest() {
    for (int i = 0; i < max_rounds && !stopped_; ++i) {
      std::vector<std::string> done;
      std::set_difference(done_.begin(), done_.end(), unexplained_.begin(), unexplained_.end(),
                          std::back_inserter(done));
      auto plan = cargo::plan_rerun(wanted_, done, guilty_, true);
      if (plan.runs.empty() || plan.given_up) return;
      auto before = done.size();
      for (const auto& rerun : plan.runs) {
        round(rerun.args, true);
        if (settled() != before || stopped_) break;
      }
      if (settled() == before) return;  // nothing moves: the rest stays not run
    }
  }

  std::size_t settled() const { return done_.size() - unexplained_.size(); }

  void add(const std::string& name, TestState state, std::string message,
           const ProcessRecord* process = nullptr) {
    TestResult result;
    result.package = binary_.package;
    result.target = binary_.target;
    result.kind = binary_.kind;
    result.test = name;
    result.state = state;
    result.message = to_valid_utf8(message);
    if (state == TestState::timed_out) result.failure = TestFailureKind::timeout;
    if (state == TestState::crashed)
      result.failure = process && process->outcome == Outcome::signalled ? TestFailureKind::signal
                                                                         : TestFailureKind::crash;
    outcome_.tests.push_back(std::move(result));
  }

  const BinaryUnderTest& binary_;
  const StartTests& start_;
  BinaryOutcome outcome_;
  std::vector<std::string> listed_, wanted_, guilty_;
  std::set<std::string> done_, skipped_, unexplained_;
  std::optional<ProcessRecord> company_;  // of the run of all together, when it ended badly
  std::set<std::string> company_open_;    // tests without a result then
  std::string company_tail_;
  bool stopped_ = false;
};

}  // namespace

BinaryOutcome run_libtest(const BinaryUnderTest& binary, const StartTests& start) {
  return LibtestRun(binary, start).run();
}

BinaryOutcome run_custom(const BinaryUnderTest& binary, const StartTests& start) {
  LastWordsSink sink;
  BinaryOutcome out;
  TestResult result;
  result.package = binary.package;
  result.target = binary.target;
  result.kind = "custom";
  result.test = binary.target;
  if (binary.only.empty() && !selected(binary.settings, binary.target)) {
    result.state = TestState::skipped;
    out.tests.push_back(std::move(result));
    return out;
  }
  out.process = start(binary.settings.args, sink);
  if (out.process.outcome == Outcome::could_not_start)
    out.failure =
        BinaryFailure{binary.package,
                      binary.target,
                      binary.kind,
                      true,
                      out.process.outcome,
                      binary.package + "/" + binary.target + " could not be started: " + out.process.reason};
  if (out.process.outcome == Outcome::exited && out.process.code == 0) {
    result.state = TestState::passed;
  } else if (timed_out(out.process)) {
    result.state = TestState::timed_out;
    result.failure = TestFailureKind::timeout;
  } else if (out.process.outcome == Outcome::cancelled || out.process.outcome == Outcome::could_not_start) {
    result.state = TestState::not_run;
  } else {
    bool signalled = out.process.outcome == Outcome::signalled;
    result.state = signalled ? TestState::crashed : TestState::failed;
    result.failure = signalled ? TestFailureKind::signal : TestFailureKind::panic;
  }
  if (result.state != TestState::passed) {
    auto text = sink.out.text + sink.err.text;
    if (text.size() > max_message_bytes) text.erase(0, text.size() - max_message_bytes);
    result.message = to_valid_utf8(how(out.process) + "\n" + text);
  }
  result.duration_ms = out.process.duration_ms;
  out.tests.push_back(std::move(result));
  return out;
}

}  // namespace tripled::agent
