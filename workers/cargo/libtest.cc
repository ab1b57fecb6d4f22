#include "workers/cargo/libtest.h"

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "schema/base/text.h"
#include "workers/cargo/json_fields.h"

namespace tripled::cargo {

namespace {

constexpr std::size_t kMessage = 8u << 10;
constexpr std::size_t kMessageHead = 2u << 10;
constexpr std::size_t kOutput = 64u << 10;  // of one test while it is read
constexpr std::size_t kBlocks = 32u << 20;  // of all failed tests
constexpr std::size_t kTests = 1'000'000;

struct Outcome3 {
  TestState state = TestState::passed;
  std::string reason;
  std::int64_t duration_ms = 0;
};

// What stands behind `test name ... `: ok, FAILED, ignored, reason; with <0.123s> after --report-time; bench:
// … ns/iter.
std::optional<Outcome3> read_outcome(std::string_view text) {
  Outcome3 out;
  text = trim(text);
  if (text.ends_with("s>")) {
    auto open = text.rfind(" <");
    if (open == std::string_view::npos) return std::nullopt;
    out.duration_ms = static_cast<std::int64_t>(std::atof(std::string(text.substr(open + 2)).c_str()) * 1000);
    text = trim(text.substr(0, open));
  }
  if (text == "ok" || (text.starts_with("bench:") && contains(text, "ns/iter"))) return out;
  if (text == "FAILED" || text == "FAILED (time limit exceeded)") {
    out.state = TestState::failed;
    return out;
  }
  if (text == "ignored" || text.starts_with("ignored, ")) {
    out.state = TestState::ignored;
    if (text.size() > 9) out.reason = std::string(text.substr(9));
    return out;
  }
  return std::nullopt;
}

// `FAILED` glued to the end of what the test printed without a newline.
std::optional<Outcome3> glued_outcome(std::string_view line) {
  Outcome3 out;
  if (line.ends_with("ok")) return out;
  if (!line.ends_with("FAILED")) return std::nullopt;
  out.state = TestState::failed;
  return out;
}

std::string shortened(std::string_view raw) {
  auto text = to_valid_utf8(trim(raw));
  if (text.size() <= kMessage) return text;
  auto tail = text.find('\n', text.size() - (kMessage - kMessageHead));
  if (tail == std::string::npos) tail = text.size() - (kMessage - kMessageHead);
  return bounded(std::string_view(text).substr(0, kMessageHead), kMessageHead - 4) + "\n" +
         to_valid_utf8(std::string_view(text).substr(tail));
}

std::optional<std::int64_t> announced_count(std::string_view line) {
  if (!line.starts_with("running ") || !(line.ends_with(" tests") || line.ends_with(" test")))
    return std::nullopt;
  auto number = line.substr(8, line.rfind(' ') - 8);
  if (number.empty() || number.size() > 9 || number.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  return std::atoll(std::string(number).c_str());
}

}  // namespace

struct LibtestParser::State {
  enum class Phase { before, running, failures, failure_list, successes, after };

  TestOwner owner;
  std::set<std::string> expected;
  LineSplitter lines{1u << 20};
  TestRun run;
  Phase phase = Phase::before;
  std::map<std::string, std::size_t> index;  // name -> position in run.tests
  std::set<std::string> started;             // "has been running for over 60 seconds"
  std::string current;                       // header without result
  std::string output, last_line;             // since that header
  std::set<std::string> failed_names;        // the list under the second `failures:`
  std::map<std::string, std::string> blocks;
  std::string block_name;
  std::size_t block_bytes = 0;  // of all blocks
  std::int64_t runs = 0, summaries = 0;

  bool plausible(const std::string& name) const {
    if (!expected.empty()) return expected.contains(name);
    return !name.empty() && name.size() < 4096;
  }

  void line(std::string_view text) {
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (auto count = announced_count(text)) return begin_run(*count);
    if (summary(text)) return;
    switch (phase) {
      case Phase::before:
      case Phase::after:
        return;
      case Phase::running:
        return running_line(text);
      case Phase::failures:
      case Phase::successes:
      case Phase::failure_list:
        return section_line(text);
    }
  }

  void begin_run(std::int64_t count) {
    settle_current();
    ++runs;
    run.announced += count;
    phase = Phase::running;
  }

  // test result: FAILED. 3 passed; 8 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.00s
  bool summary(std::string_view text) {
    auto at = text.find("test result: ");
    if (at == std::string_view::npos || text.size() - at > 400) return false;
    static const std::regex form(
        "test result: (ok|FAILED)\\. ([0-9]+) passed; ([0-9]+) failed; ([0-9]+) ignored; ([0-9]+) measured; "
        "([0-9]+) filtered out.*");
    std::string rest(text.substr(at));
    std::smatch match;
    if (!std::regex_match(rest, match, form)) return false;
    if (at > 0) last_line = std::string(text.substr(0, at));
    settle_current();
    auto number = [&](std::size_t i) { return std::atoll(match[i].str().c_str()); };
    run.counts.passed += number(2);
    run.counts.failed += number(3);
    run.counts.ignored += number(4);
    run.counts.measured += number(5);
    run.counts.filtered_out += number(6);
    ++summaries;
    phase = Phase::after;
    block_name.clear();
    return true;
  }

  void running_line(std::string_view text) {
    if (text == "failures:" || text == "successes:") {
      settle_current();
      phase = text == "failures:" ? Phase::failures : Phase::successes;
      return;
    }
    if (slow_test(text) || header(text) || torn_result(text)) return;
    if (current.empty()) return;
    if (auto outcome = read_outcome(text)) {  // the result, on a line of its own after the test's words
      record(current, *outcome);
      return;
    }
    if (output.size() + text.size() < kOutput) {
      output += text;
      output += '\n';
    }
    if (!text.empty()) last_line = std::string(text);
  }

  bool slow_test(std::string_view text) {
    auto end = text.find(" has been running for over ");
    if (!text.starts_with("test ") || end == std::string_view::npos) return false;
    auto name = listed_name(text.substr(5, end - 5));
    if (plausible(name) && started.size() < kTests) started.insert(std::move(name));
    return true;
  }

  // `test name ... ok`, or with --test-threads=1 `test name ... ` and the test's own words behind it.
  bool header(std::string_view text) {
    auto dots = text.find(" ... ");
    if (!text.starts_with("test ") || dots == std::string_view::npos || dots < 5) return false;
    auto name = listed_name(text.substr(5, dots - 5));
    if (!plausible(name)) return false;
    auto rest = text.substr(dots + 5);
    auto outcome = read_outcome(rest);
    if (!outcome && index.contains(name)) return false;  // it has its result: somebody else's words
    settle_current();
    if (outcome) {
      record(name, *outcome);
      return true;
    }
    current = name;
    output.assign(rest);
    if (!output.empty()) output += '\n';
    last_line.assign(rest);
    return true;
  }

  // Many threads and --nocapture: `no newlinetest name ... ok`.
  bool torn_result(std::string_view text) {
    for (auto at = text.rfind("test "); at != std::string_view::npos && at > 0;
         at = text.rfind("test ", at - 1)) {
      auto rest = text.substr(at);
      auto dots = rest.find(" ... ");
      if (dots == std::string_view::npos || dots < 5) continue;
      auto name = listed_name(rest.substr(5, dots - 5));
      auto outcome = read_outcome(rest.substr(dots + 5));
      bool known = expected.empty() ? contains(name, " ") == false : expected.contains(name);
      if (!outcome || !known || index.contains(name)) continue;
      settle_current();
      record(name, *outcome);
      return true;
    }
    return false;
  }

  // Another test begins or the run ends: the open one has ended, its result is glued to its last words or was
  // lost.
  void settle_current() {
    if (current.empty()) return;
    if (auto outcome = glued_outcome(last_line)) {
      record(current, *outcome);
      return;
    }
    started.insert(current);
    current.clear();
    output.clear();
    last_line.clear();
  }

  void record(const std::string& name, const Outcome3& outcome) {
    started.erase(name);
    if (run.tests.size() < kTests && !index.contains(name)) {
      index[name] = run.tests.size();
      TestResult result;
      result.package = owner.package;
      result.target = owner.target;
      result.kind = owner.kind;
      result.test = name;
      result.state = outcome.state;
      result.message = outcome.reason;
      result.duration_ms = outcome.duration_ms;
      if (outcome.state == TestState::failed && name == current) result.message = shortened(output);
      run.tests.push_back(std::move(result));
    }
    if (name == current) {
      current.clear();
      output.clear();
      last_line.clear();
    }
  }

  void section_line(std::string_view text) {
    if (text == "failures:") {
      phase = phase == Phase::failures ? Phase::failure_list : Phase::failures;
      block_name.clear();
      return;
    }
    if (text == "successes:") {
      block_name.clear();
      phase = Phase::successes;
      return;
    }
    if (phase == Phase::failure_list) {
      if (!text.starts_with("    ") || failed_names.size() >= kTests) return;
      if (auto name = listed_name(text.substr(4)); plausible(name)) failed_names.insert(std::move(name));
      return;
    }
    if (phase != Phase::failures) return;
    if (text.starts_with("---- ") && text.ends_with(" stdout ----")) {
      block_name = listed_name(text.substr(5, text.size() - 5 - 12));
      if (!plausible(block_name) || blocks.size() >= kTests) block_name.clear();
      return;
    }
    if (block_name.empty()) return;
    if (block_bytes > kBlocks) return;
    auto& block = blocks[block_name];
    block_bytes -= block.size();
    if (block.size() + text.size() > kOutput)
      block.erase(kMessageHead, block.size() / 2);  // keep head and tail
    block += text;
    block += '\n';
    block_bytes += block.size();
  }

  // What the list of failures and the summary say of tests whose own line was torn.
  void reconcile() {
    for (const auto& name : failed_names) {
      if (auto found = index.find(name); found != index.end())
        run.tests[found->second].state = TestState::failed;
      else if (plausible(name))
        record(name, {TestState::failed, "", 0});
    }
    if (!run.complete) return;
    std::int64_t passed = 0, ignored = 0;
    for (const auto& test : run.tests) {
      if (test.state == TestState::passed) ++passed;
      if (test.state == TestState::ignored) ++ignored;
    }
    std::set<std::string> lost = started;
    for (const auto& name : expected)
      if (!index.contains(name)) lost.insert(name);
    auto open = run.counts.passed + run.counts.measured - passed;
    if (ignored == run.counts.ignored && open == static_cast<std::int64_t>(lost.size()))
      for (const auto& name : lost) record(name, {});
  }

  TestRun finish() {
    lines.finish([this](std::string_view text) { line(text); });
    if (!current.empty()) {
      run.last_started = current;
      run.last_words = shortened(output);
      started.insert(current);
    }
    run.complete = runs > 0 && runs == summaries;
    reconcile();
    for (auto& test : run.tests) {
      if (test.state != TestState::failed) continue;
      if (auto block = blocks.find(test.test); block != blocks.end() && !trim(block->second).empty())
        test.message = shortened(test.message.empty() ? block->second : test.message + "\n" + block->second);
      test.failure = failure_kind(test.message);
    }
    run.unfinished.assign(started.begin(), started.end());
    return std::move(run);
  }
};

LibtestParser::LibtestParser(TestOwner owner, std::vector<std::string> expected)
    : state_(std::make_unique<State>()) {
  state_->owner = std::move(owner);
  state_->expected.insert(expected.begin(), expected.end());
}
LibtestParser::~LibtestParser() = default;
LibtestParser::LibtestParser(LibtestParser&&) noexcept = default;
LibtestParser& LibtestParser::operator=(LibtestParser&&) noexcept = default;

void LibtestParser::feed(std::string_view bytes) {
  state_->lines.feed(
      bytes, [this](std::string_view text) { state_->line(text); }, [] {});
}

TestRun LibtestParser::finish() { return state_->finish(); }

// --- doctests
// ---------------------------------------------------------------------------------------------------

namespace {

constexpr std::string_view kDocTests = "   Doc-tests ";

}  // namespace

DoctestParser::DoctestParser(std::vector<TestOwner> owners) : owners_(std::move(owners)) {}

void DoctestParser::feed(std::string_view bytes) {
  lines_.feed(
      bytes, [this](std::string_view text) { line(text); }, [] {});
}

void DoctestParser::line(std::string_view text) {
  if (text.starts_with(kDocTests)) {
    std::string library(trim(text.substr(kDocTests.size())));
    TestOwner owner{library, library, "doctest"};
    for (const auto& known : owners_)
      if (known.target == library || replace_all(known.target, "-", "_") == library) owner = known;
    owner.kind = "doctest";
    sections_.emplace_back(library, LibtestParser(owner));
    return;
  }
  if (sections_.empty()) return;
  sections_.back().second.feed(text);
  sections_.back().second.feed("\n");
}

std::vector<DoctestSection> DoctestParser::finish() {
  lines_.finish([this](std::string_view text) { line(text); });
  std::vector<DoctestSection> out;
  for (auto& [library, parser] : sections_) out.push_back({library, parser.finish()});
  return out;
}

std::vector<std::pair<std::string, TestList>> parse_doctest_list(std::string_view output) {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const auto& line : split(output, '\n')) {
    if (std::string_view(line).starts_with(kDocTests))
      texts.emplace_back(trim(std::string_view(line).substr(kDocTests.size())), "");
    else if (!texts.empty())
      texts.back().second += line + "\n";
  }
  std::vector<std::pair<std::string, TestList>> out;
  for (const auto& [library, text] : texts) out.emplace_back(library, parse_test_list(text));
  return out;
}

}  // namespace tripled::cargo
