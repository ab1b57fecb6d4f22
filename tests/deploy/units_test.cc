// deploy/systemd: systemd understands every line of the units, and the daemon's leaves little to attack.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <string>

namespace tripled {
namespace {

struct Said {
  int status = -1;
  std::string text;
};

Said run(const std::string& command) {
  Said out;
  auto* stream = ::popen((command + " 2>&1").c_str(), "r");
  if (stream == nullptr) return out;
  for (int c = std::fgetc(stream); c != EOF; c = std::fgetc(stream)) out.text += static_cast<char>(c);
  int status = ::pclose(stream);
  out.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return out;
}

std::string unit(const std::string& name) {
  return "'" + (std::filesystem::path(TRIPLED_SOURCE_DIR) / "deploy/systemd" / name).string() + "'";
}

bool has_systemd() { return run("systemd-analyze --version").status == 0; }

#define NEED_SYSTEMD() \
  if (!has_systemd()) GTEST_SKIP() << "systemd-analyze is not here (Debian package systemd)"

TEST(Units, AreUnderstood) {
  NEED_SYSTEMD();
  for (const char* name : {"tripled.service", "tripled-worker.service"}) {
    auto said = run("systemd-analyze verify --man=no " + unit(name));
    // The programs are not installed where tests run; nothing else may be wrong.
    std::string rest;
    for (std::size_t at = 0; at < said.text.size();) {
      auto end = said.text.find('\n', at);
      auto line = said.text.substr(at, end - at);
      if (line.find("is not executable: No such file") == std::string::npos) rest += line + "\n";
      at = end == std::string::npos ? said.text.size() : end + 1;
    }
    EXPECT_EQ(rest, "") << name;
  }
}

// The threshold is in tenths.
TEST(Units, DaemonIsExposedByNoMoreThanOnePointFive) {
  NEED_SYSTEMD();
  auto said = run("systemd-analyze security --offline=true --threshold=15 " + unit("tripled.service"));
  EXPECT_EQ(said.status, 0) << said.text;
  EXPECT_THAT(said.text, testing::HasSubstr("Overall exposure level for tripled.service"));
}

}  // namespace
}  // namespace tripled
