// Where cargo would find a configuration: only there is it worth a process to ask for it.
#include "workers/agent/project_configuration.h"

#include <gtest/gtest.h>

#include <fstream>

namespace tripled::agent {
namespace {

namespace fs = std::filesystem;

class Configuration : public testing::Test {
 protected:
  Configuration() {
    auto pattern = (fs::temp_directory_path() / "tripled-config-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
    fs::create_directories(dir_ / "home/.cargo");
    fs::create_directories(dir_ / "project/crate/src");
  }
  ~Configuration() override {
    std::error_code ignored;
    fs::remove_all(dir_, ignored);
  }
  void file(const std::string& name) {
    fs::create_directories((dir_ / name).parent_path());
    std::ofstream(dir_ / name) << "[build]\n";
  }
  bool found(cargo::Environment environment = {}) {
    if (environment.empty()) environment["HOME"] = dir_ / "home";
    return has_configuration(dir_ / "project/crate", environment);
  }
  fs::path dir_;
};

TEST_F(Configuration, NoFileAtAll) { EXPECT_FALSE(found()); }

TEST_F(Configuration, OfTheProject) {
  file("project/crate/.cargo/config.toml");
  EXPECT_TRUE(found());
}

TEST_F(Configuration, OfAParent) {
  file("project/.cargo/config");
  EXPECT_TRUE(found());
}

TEST_F(Configuration, BelowIsNotRead) {
  file("project/crate/src/.cargo/config.toml");
  EXPECT_FALSE(found());
}

TEST_F(Configuration, OfTheUser) {
  file("home/.cargo/config.toml");
  EXPECT_TRUE(found());
  EXPECT_FALSE(found({{"HOME", dir_ / "home"}, {"CARGO_HOME", dir_ / "elsewhere"}}));
}

TEST_F(Configuration, OfCargoHome) {
  file("elsewhere/config.toml");
  EXPECT_TRUE(found({{"HOME", dir_ / "home"}, {"CARGO_HOME", dir_ / "elsewhere"}}));
}

TEST_F(Configuration, ThroughASymbolicLink) {
  file("real/.cargo/config.toml");
  fs::create_directories(dir_ / "real/inner");
  fs::create_directory_symlink(dir_ / "real/inner", dir_ / "link");
  EXPECT_TRUE(has_configuration(dir_ / "link", {{"HOME", dir_ / "home"}}));
}

TEST_F(Configuration, UnknownHomeOrDirectory) {
  EXPECT_TRUE(found({{"LANG", "C"}}));
  EXPECT_TRUE(has_configuration(dir_ / "nothing", {{"HOME", dir_ / "home"}}));
}

}  // namespace
}  // namespace tripled::agent
