// Linked into every test binary: writes how many tests passed, failed and were skipped, and every skip with
// its reason, below the build directory, where tests/run adds them up. No skip is silent.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace {

class Results : public testing::EmptyTestEventListener {
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (result.skipped()) reason_ = result.message();
  }

  void OnTestEnd(const testing::TestInfo& info) override {
    if (info.result()->Skipped()) {
      ++skipped_;
      for (char& c : reason_)
        if (c == '\n') c = ' ';
      skips_ += std::string(info.test_suite_name()) + "." + info.name() + ": " + reason_ + "\n";
    }
    reason_.clear();
  }

  void OnTestProgramEnd(const testing::UnitTest& unit) override {
    namespace fs = std::filesystem;
    auto program = fs::read_symlink("/proc/self/exe").filename().string();
    fs::path build = TRIPLED_BINARY_DIR;
    fs::create_directories(build / "results");
    fs::create_directories(build / "skips");
    std::ofstream(build / "results" / (program + ".count"))
        << unit.successful_test_count() << " " << unit.failed_test_count() << " " << skipped_ << "\n";
    fs::remove(build / "skips" / program);
    if (!skips_.empty()) std::ofstream(build / "skips" / program) << skips_;
  }

  int skipped_ = 0;
  std::string reason_, skips_;
};

// Before main(): gtest owns the listener.
[[maybe_unused]] const bool installed = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new Results);
  return true;
}();

}  // namespace
