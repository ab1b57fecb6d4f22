#include "tests/workers_agent/fake_libtest.h"

#include <algorithm>
#include <csignal>
#include <set>

namespace tripled::test {

ProcessRecord ended(Outcome outcome, int code, std::string reason) {
  ProcessRecord record;
  record.outcome = outcome;
  record.code = code;
  record.reason = std::move(reason);
  record.duration_ms = 5;
  return record;
}

bool has(const std::vector<std::string>& args, const std::string& arg) {
  return std::find(args.begin(), args.end(), arg) != args.end();
}

agent::StartTests FakeLibtest::start() {
  return [this](const std::vector<std::string>& args, exec::OutputSink& sink) {
    calls.push_back(args);
    if (!has(args, "--list")) return run(args, sink);
    for (const auto& t : tests)
      if (!has(args, "--ignored") || t.does == Does::ignored) sink.on_stdout(t.name + ": test\n");
    return ended(Outcome::exited, 0);
  };
}

std::size_t FakeLibtest::begun(const std::string& name) const {
  return static_cast<std::size_t>(std::count(begun_.begin(), begun_.end(), name));
}

std::vector<FakeTest> FakeLibtest::chosen(const std::vector<std::string>& args) const {
  std::set<std::string> names;
  for (const auto& a : args)
    if (a.rfind("--", 0) != 0) names.insert(a);
  const bool exact = has(args, "--exact");
  const bool ignored_only = has(args, "--ignored");
  std::vector<FakeTest> out;
  for (const auto& t : tests) {
    auto within = [&](const std::string& name) { return t.name.find(name) != std::string::npos; };
    bool named = exact ? names.count(t.name) > 0 : std::any_of(names.begin(), names.end(), within);
    if (!names.empty() && !named) continue;
    if (ignored_only && t.does != Does::ignored) continue;
    out.push_back(t);
  }
  return out;
}

ProcessRecord FakeLibtest::run(const std::vector<std::string>& args, exec::OutputSink& sink) {
  const bool single = has(args, "--test-threads=1");
  const bool run_ignored = has(args, "--ignored") || has(args, "--include-ignored");
  auto selected = chosen(args);
  // Several threads: the others end while one hangs.
  if (!single)
    std::stable_partition(selected.begin(), selected.end(),
                          [](const FakeTest& t) { return t.does != Does::hang; });
  int passed = 0, ignored = 0;
  std::vector<std::string> failed;
  sink.on_stdout("\nrunning " + std::to_string(selected.size()) + " tests\n");
  for (const auto& t : selected) {
    begun_.push_back(t.name);
    const std::string head = "test " + t.name + " ... ";
    if (single) sink.on_stdout(head);
    auto result = [&](const std::string& word) { sink.on_stdout((single ? "" : head) + word + "\n"); };
    switch (t.does) {
      case Does::pass:
        ++passed;
        result("ok");
        break;
      case Does::ignored:
        ++(run_ignored ? passed : ignored);
        result(run_ignored ? "ok" : "ignored, slow");
        break;
      case Does::fail:
        failed.push_back(t.name);
        result("FAILED");
        break;
      case Does::hang:
        return ended(Outcome::timed_out, SIGKILL, "time limit of 60 s");
      case Does::abort:
        if (single && only_with_threads) {
          ++passed;
          result("ok");
          break;
        }
        sink.on_stderr(noise + "fatal runtime error: " + t.name + "\n");
        return ended(Outcome::signalled, SIGABRT);
      case Does::leave:
        return ended(Outcome::exited, 0);
      case Does::cancel:
        return ended(Outcome::cancelled, SIGTERM);
    }
  }
  if (!failed.empty()) {
    sink.on_stdout("\nfailures:\n");
    for (const auto& name : failed)
      sink.on_stdout("\n---- " + name + " stdout ----\nthread '" + name +
                     "' panicked at src/lib.rs:1:1:\nassertion failed: 1 == 2\n");
    sink.on_stdout("\n\nfailures:\n");
    for (const auto& name : failed) sink.on_stdout("    " + name + "\n");
  }
  sink.on_stdout("\ntest result: " + std::string(failed.empty() ? "ok" : "FAILED") + ". " +
                 std::to_string(passed) + " passed; " + std::to_string(failed.size()) + " failed; " +
                 std::to_string(ignored) + " ignored; 0 measured; " +
                 std::to_string(tests.size() - selected.size()) + " filtered out; finished in 0.00s\n\n");
  return ended(Outcome::exited, failed.empty() ? 0 : 101);
}

}  // namespace tripled::test
