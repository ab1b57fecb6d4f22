// A test executable that speaks libtest, without a process: what it prints and how it ends is what
// rustc 1.96's libtest would, for tests that pass, fail, hang, abort or leave.
#pragma once
#include <string>
#include <vector>

#include "workers/agent/test_binary.h"

namespace tripled::test {

enum class Does { pass, fail, ignored, hang, abort, leave, cancel };

struct FakeTest {
  std::string name;
  Does does = Does::pass;
};

class FakeLibtest {
 public:
  explicit FakeLibtest(std::vector<FakeTest> all) : tests(std::move(all)) {}

  agent::StartTests start();
  // Of processes that ran tests, not the one that listed them.
  std::size_t runs() const { return calls.size() - 1; }
  // How many processes began this test.
  std::size_t begun(const std::string& name) const;

  std::vector<FakeTest> tests;
  std::string noise;               // on stderr before an abort
  bool only_with_threads = false;  // abort happens in runs with several threads alone
  std::vector<std::vector<std::string>> calls;

 private:
  ProcessRecord run(const std::vector<std::string>& args, exec::OutputSink& sink);
  std::vector<FakeTest> chosen(const std::vector<std::string>& args) const;

  std::vector<std::string> begun_;
};

ProcessRecord ended(Outcome outcome, int code, std::string reason = "");
bool has(const std::vector<std::string>& args, const std::string& arg);

}  // namespace tripled::test
