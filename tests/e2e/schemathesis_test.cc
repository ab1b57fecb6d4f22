// schemathesis asks a running daemon whatever schema/openapi.yaml allows, and what it does not: no request
// ends in a server error, and every answer is as described. Its seed is fixed, its time bounded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/base/file.h"
#include "schema/base/text.h"
#include "tests/e2e/project.h"
#include "tests/e2e/service.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;
namespace json = wire::json;

constexpr const char* kVersion = "4.32.5";
constexpr int kInstallSeconds = 120, kRunSeconds = 60;

// In a virtual environment below the build directory, made once. Empty: PyPI cannot be reached.
fs::path schemathesis(const fs::path& dir) {
  const auto home = fs::path(TRIPLED_BINARY_DIR) / "tools" / (std::string("schemathesis-") + kVersion);
  const auto program = home / "bin/st";
  auto run = [&](const std::vector<std::string>& args, const fs::path& what) {
    return Started(dir, args, {}, {}, what).wait(kInstallSeconds);
  };
  if (fs::exists(program) && run({"--version"}, program).status == 0) return program;
  std::error_code ec;
  fs::remove_all(home, ec);
  auto made = run({"-m", "venv", home.string()}, "/usr/bin/python3");
  EXPECT_EQ(made.status, 0) << made.err << made.out;
  auto installed = run({"-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input",
                        std::string("schemathesis==") + kVersion},
                       home / "bin/python");
  return installed.status == 0 ? program : fs::path();
}

TEST(Schemathesis, FindsNoAnswerThatIsNotDescribed) {
  TemporaryDirectory dir;
  const auto program = schemathesis(dir.path());
  if (program.empty()) GTEST_SKIP() << "registry not reachable";
  write_files(dir.path() / "projects/small",
              {{"Cargo.toml", "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
               {"src/lib.rs", "#[test]\nfn passes() {}\n"}});
  Served served(dir.path(), dir.path() / "projects");
  ASSERT_NE(served.port(), 0);
  json::object body{{"file", "small.yaml"}};
  body["matrix"] = "tripled: 1\nproject: {source: {path: '" + (dir.path() / "projects/small").string() +
                   "'}}\ndefaults: {toolchain: system}\naxes: {triple: [x86_64-unknown-linux-gnu]}\n";
  ASSERT_EQ(served.ask("POST", "/api/v1/sweeps", json::serialize(body)).status, 201u);
  ASSERT_EQ(served.finished("1", 120).at("sweep").at("exit_status"), 0);

  auto token = read_file(dir.path() / "state/admin.token", 4096);
  ASSERT_TRUE(token);
  // The token stands in a file, the stream of events would never end.
  write_files(dir.path(), {{"schemathesis.toml", "color = false\n[headers]\nAuthorization = \"Bearer " +
                                                     std::string(trim(*token)) + "\"\n"}});
  auto ran = Started(dir.path(),
                     {"--config-file",
                      (dir.path() / "schemathesis.toml").string(),
                      "run",
                      std::string(TRIPLED_SOURCE_DIR) + "/schema/openapi.yaml",
                      "--url",
                      "http://127.0.0.1:" + std::to_string(served.port()),
                      "--seed",
                      "1",
                      "--max-examples",
                      "20",
                      "--phases",
                      "examples,coverage,fuzzing",
                      "--no-shrink",
                      "--generation-database",
                      "none",
                      "--exclude-path",
                      "/api/v1/events",
                      "--request-timeout",
                      "10",
                      "--checks",
                      "not_a_server_error,status_code_conformance,content_type_conformance,"
                      "response_schema_conformance,unsupported_method"},
                     {}, dir.path(), program)
                 .wait(kRunSeconds);
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, testing::HasSubstr("generated")) << "it asked something";
  EXPECT_EQ(served.ask("GET", "/healthz").body, "ok\n");
}

}  // namespace
}  // namespace tripled::e2e
