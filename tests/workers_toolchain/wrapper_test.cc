// The program tripled-rustc on its own, in front of a helper that shows what reached it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "tests/workers_exec/shim_test_main.h"
#include "tests/workers_toolchain/support.h"

namespace tripled::toolchain::test {
namespace {

using testing::HasSubstr;

// The wrapper puts --sysroot first, so that is the name under which this program shows its arguments.
int show_arguments(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) std::printf("[%s]", argv[i]);
  const char* value = std::getenv("CARGO_BIN_EXE_my-tool");
  std::printf(" %s", value ? value : "lost");
  return 7;
}
const bool kShown = tripled::test::register_helper("--sysroot", &show_arguments) &&
                    tripled::test::register_helper("-vV", &show_arguments) &&
                    tripled::test::register_helper("--sysroot=/mine", &show_arguments);

class Wrapper : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(kShown);
    std::filesystem::create_directories(view_ / "bin");
    std::filesystem::copy_file(TRIPLED_RUSTC_WRAPPER, view_ / "bin/rustc");
    std::filesystem::copy_file(TRIPLED_RUSTC_WRAPPER, view_ / "bin/rustdoc");
    auto self = std::filesystem::read_symlink("/proc/self/exe").string();
    write(view_ / "wrapper.conf", "rustc=" + self + "\nrustdoc=/nonexistent/rustdoc\nsysroot=/the view\n");
  }
  ToolOutput run(const std::string& program, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), (view_ / ("bin/" + program)).string());
    auto output = real_tools()({arguments, {{"CARGO_BIN_EXE_my-tool", "/kept"}}, "/", Millis(30'000)});
    EXPECT_TRUE(output);
    return output ? output.value() : ToolOutput{};
  }
  ScratchDir view_;
};

TEST_F(Wrapper, PutsTheSysrootInFrontAndKeepsEverythingElse) {
  auto output = run("rustc", {"a b", "--test", ""});
  EXPECT_EQ(output.out, "[--sysroot][/the view][a b][--test][] /kept");
  EXPECT_EQ(output.exit_code, 7);
}

TEST_F(Wrapper, LeavesASysrootOfTheCallersAlone) {
  EXPECT_EQ(run("rustc", {"-vV", "--sysroot", "/mine"}).out, "[-vV][--sysroot][/mine] /kept");
  EXPECT_EQ(run("rustc", {"--sysroot=/mine"}).out, "[--sysroot=/mine] /kept");
}

TEST_F(Wrapper, SaysWhatIsMissing) {
  auto output = run("rustdoc", {});
  EXPECT_EQ(output.exit_code, 127);
  EXPECT_THAT(output.err, HasSubstr("tripled-rustc: cannot run /nonexistent/rustdoc: No such file"));
  std::filesystem::remove(view_ / "wrapper.conf");
  output = run("rustc", {});
  EXPECT_EQ(output.exit_code, 127);
  EXPECT_THAT(output.err, HasSubstr("wrapper.conf: No such file"));
}

}  // namespace
}  // namespace tripled::toolchain::test
