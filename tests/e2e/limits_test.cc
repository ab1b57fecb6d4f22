// What an administrator lets one project have: leases at once, over all of its sweeps.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/fleet.h"

namespace tripled::e2e {
namespace {

namespace json = wire::json;
using testing::HasSubstr;

class Limits : public ::testing::Test {
 protected:
  // Its test ends when the file `open` lies beside the projects, or after a minute.
  Limits() : served_(dir_.path(), dir_.path() / "projects") {
    write_files(project(),
                {{"Cargo.toml", "[package]\nname = \"gated\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
                 {"src/lib.rs",
                  "#[test]\nfn waits() {\n    for _ in 0..600 {\n"
                  "        if std::path::Path::new(\"" +
                      (dir_.path() / "open").string() +
                      "\").exists() { return; }\n"
                      "        std::thread::sleep(std::time::Duration::from_millis(100));\n"
                      "    }\n}\n"}});
    settings_ = {{"name", "gated"}, {"directory", project().string()}, {"matrix", matrix()}, {"slots", 1}};
    auto added = served_.ask("POST", "/api/v1/projects", json::serialize(settings_));
    EXPECT_EQ(added.status, 201u) << added.body;
  }
  std::filesystem::path project() const { return dir_.path() / "projects/gated"; }
  std::string matrix() const {
    return "tripled: 1\nproject: {name: gated, source: {path: '" + project().string() +
           "'}}\ndefaults: {toolchain: system}\naxes: {triple: [x86_64-unknown-linux-gnu]}\n";
  }
  void begin() const {
    json::object body{{"matrix", matrix()}, {"file", "gated.yaml"}};
    EXPECT_EQ(served_.ask("POST", "/api/v1/sweeps", json::serialize(body)).status, 201u);
  }
  bool runs(const std::string& sweep, const std::string& kind) const {
    const auto status = served_.ask("GET", "/api/v1/status").json();
    for (const auto& batch : status.at("running").as_array())
      if (text(batch.at("sweep")) == sweep && text(batch.at("kind")) == kind) return true;
    return false;
  }

  TemporaryDirectory dir_;
  Served served_;
  json::object settings_;
};

TEST_F(Limits, OneProjectHasItsSlotsOverAllOfItsSweeps) {
  begin();
  ASSERT_TRUE(Fleet::eventually([&] { return runs("1", "execute"); }))
      << served_.ask("GET", "/api/v1/status").body;
  begin();
  auto status = served_.ask("GET", "/api/v1/status");
  EXPECT_THAT(status.body, HasSubstr("project gated has the 1 slot that it may have"));
  EXPECT_FALSE(runs("2", "prepare")) << "one of the worker's two slots is free, and not for this project";
  // The limit is an administrator's to change, also while it is met.
  settings_["slots"] = 2;
  EXPECT_EQ(served_.ask("PUT", "/api/v1/projects/gated", json::serialize(settings_)).status, 200u);
  EXPECT_TRUE(Fleet::eventually([&] { return runs("2", "prepare"); }))
      << served_.ask("GET", "/api/v1/status").body;
  write_files(dir_.path(), {{"open", ""}});
  for (const char* sweep : {"1", "2"})
    EXPECT_EQ(served_.finished(sweep, 120).at("sweep").at("exit_status"), 0) << sweep;
}

// It holds after a restart, too: the scheduler has no record of it.
TEST_F(Limits, AreKnownAgainAfterARestart) {
  const auto port = served_.port();
  served_.process().signal(SIGTERM);
  EXPECT_EQ(served_.process().wait(60).status, 0);
  Served again(dir_.path(), dir_.path() / "projects", port);
  json::object body{{"matrix", matrix()}, {"file", "gated.yaml"}};
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(again.ask("POST", "/api/v1/sweeps", json::serialize(body)).status, 201u);
  EXPECT_TRUE(Fleet::eventually([&] {
    return again.ask("GET", "/api/v1/status").body.find("project gated has the 1 slot") != std::string::npos;
  }));
  for (const char* sweep : {"1", "2"})
    EXPECT_EQ(again.ask("POST", std::string("/api/v1/sweeps/") + sweep + "/cancel?now=true").status, 202u);
}

}  // namespace
}  // namespace tripled::e2e
