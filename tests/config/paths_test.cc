// Relative paths begin at the matrix's directory, whatever directory somebody stands in.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "schema/base/file.h"
#include "tests/config/support.h"

namespace tripled::config {
namespace {

namespace fs = std::filesystem;

TEST(Paths, AreResolvedAgainstTheMatrix) {
  auto dir = fs::temp_directory_path() / ("tripled-paths-" + std::to_string(::getpid()));
  fs::create_directories(dir / "ci");
  ASSERT_TRUE(write_file_atomically(dir / "ci/m.yaml", R"(tripled: 1
toolchains: {own: ../rust}
axes: {triple: [x86_64-unknown-linux-gnu, i686-unknown-linux-gnu], toolchain: [stable, own, ./other]}
linker: ../bin/ld
sysroot: /opt/root
runner: {kind: emulated, command: [./run.sh, ./argument]}
rules: [{match: 'triple = i686-*', linker: i686-linux-gnu-gcc, runner: {kind: native, command: wine}}]
)"));
  auto matrix = load_matrix(dir / "ci/m.yaml");
  ASSERT_TRUE(matrix) << testing::error_of(matrix);
  auto p = expand(*matrix, testing::facts_for(*matrix));
  auto own = testing::cell(p, "x86_64-unknown-linux-gnu/own");
  EXPECT_EQ(own.settings.toolchain, dir / "rust");
  EXPECT_EQ(own.settings.linker, dir / "bin/ld");
  EXPECT_EQ(own.settings.sysroot, "/opt/root");
  EXPECT_EQ(own.settings.runner->command, (std::vector<std::string>{dir / "ci/run.sh", "./argument"}));
  EXPECT_EQ(testing::cell(p, "x86_64-unknown-linux-gnu/./other").settings.toolchain, dir / "ci/other");
  auto plain = testing::cell(p, "i686-unknown-linux-gnu/stable");
  EXPECT_EQ(plain.settings.toolchain, "stable");
  EXPECT_EQ(plain.settings.linker, "i686-linux-gnu-gcc");
  EXPECT_EQ(plain.settings.runner->command, std::vector<std::string>{"wine"});
  fs::remove_all(dir);
}

}  // namespace
}  // namespace tripled::config
