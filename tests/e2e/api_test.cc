// Every route of the API against a running daemon with a real sweep, each answer held against
// schema/openapi.yaml; cells tried again in place; events and logs as the command line follows them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/net/client.h"
#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "schema/base/text.h"
#include "tests/e2e/project.h"
#include "tests/e2e/service.h"
#include "tests/net/client.h"
#include "tests/web/openapi.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;
namespace json = wire::json;
using testing::HasSubstr;

// Its one test passes while the file `good` lies beside the projects.
fs::path a_project(const fs::path& dir) {
  write_files(dir / "projects/moody",
              {{"Cargo.toml", "[package]\nname = \"moody\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
               {"src/lib.rs", "#[test]\nfn is_good() { assert!(std::path::Path::new(\"" +
                                  (dir / "good").string() + "\").exists()); }\n#[test]\nfn passes() {}\n"}});
  return dir / "projects/moody";
}

std::string submission(const fs::path& project) {
  json::object body;
  body["matrix"] = "tripled: 1\nproject: {source: {path: '" + project.string() +
                   "'}}\ndefaults: {toolchain: system}\naxes: {triple: [x86_64-unknown-linux-gnu]}\n";
  body["file"] = "moody.yaml";
  return json::serialize(body);
}

class ApiContract : public testing::Test {
 protected:
  ApiContract() : project(a_project(dir.path())), served(dir.path(), dir.path() / "projects") {}

  // Asks as the administrator, unless another token is named; the answer is as described.
  json::value ask(const std::string& method, const std::string& target, const std::string& body = "",
                  const std::string& as = "") {
    auto token = read_file(dir.path() / "state/admin.token", 4096);
    net::ServerAddress address{"127.0.0.1", served.port(), token ? std::string(trim(*token)) : ""};
    if (!as.empty()) address.token = as;
    auto answer = net::call(address, method, target, body);
    if (!answer) {
      ADD_FAILURE() << method << " " << target << ": " << answer.error().message();
      return nullptr;
    }
    auto operation = described.operation(method, target);
    EXPECT_NE(operation, "") << method << " " << target;
    if (operation.empty()) return nullptr;
    EXPECT_EQ(described.problems(operation, answer->status, answer->content_type, answer->body), "")
        << method << " " << target << "\n"
        << answer->body;
    if (answer->status / 100 == 2) done.insert(operation);
    status = answer->status;
    auto parsed = wire::parse(answer->body);
    return parsed ? *parsed : json::value(nullptr);
  }
  json::value job_of_stage(const std::string& stage) {
    auto cell = ask("GET", cell_path);
    for (const auto& job : cell.at("jobs").as_array())
      if (text(job.at("stage")) == stage) return ask("GET", "/api/v1/jobs/" + text(job.at("id")));
    ADD_FAILURE() << "no job of stage " << stage;
    return nullptr;
  }

  void projects_and_schedules() {
    json::object settings;
    settings["name"] = "kept";
    settings["directory"] = project.string();
    settings["matrix"] =
        "tripled: 1\nproject: {source: {path: .}}\ndefaults: {toolchain: system}\n"
        "stages: [check]\naxes: {triple: [x86_64-unknown-linux-gnu]}\n";
    ask("POST", "/api/v1/projects", json::serialize(settings));
    EXPECT_EQ(status, 201u);
    ask("GET", "/api/v1/projects");
    ask("GET", "/api/v1/projects/kept");
    ask("PUT", "/api/v1/projects/kept", json::serialize(settings));
    auto made = ask("POST", "/api/v1/schedules", R"({"project": "kept", "cron": "30 3 * * *"})");
    ASSERT_EQ(status, 201u);
    const auto schedule = "/api/v1/schedules/" + text(made.at("id"));
    ask("GET", "/api/v1/schedules");
    ask("PUT", schedule, R"({"cron": "0 4 * * *"})");
    ask("POST", schedule + "/run");
    EXPECT_EQ(status / 100, 2u);
    ask("GET", schedule);
    served.finished("2", 120);
    ask("DELETE", schedule);
    ask("DELETE", "/api/v1/projects/kept");
    for (const auto& target : {"/api/v1/projects/none", "/api/v1/schedules/99", "/api/v1/schedules/x"}) {
      ask("GET", target);
      EXPECT_EQ(status, 404u) << target;
    }
  }

  // What is not the API's own: probes, and files by their hash.
  void probes_and_blobs() {
    for (const char* probe : {"/healthz", "/readyz"}) {
      ask("GET", probe);
      EXPECT_EQ(status, 200u) << probe;
    }
    const std::string bytes = "sources of a sweep";
    const auto blob = "/blobs/" + sha256_hex(bytes);
    ask("HEAD", blob);
    EXPECT_EQ(status, 404u);
    ask("PUT", blob, bytes);
    EXPECT_EQ(status, 204u);
    ask("HEAD", blob);
    EXPECT_EQ(status, 200u);
    ask("PUT", "/blobs/" + sha256_hex("other"), bytes);
    EXPECT_EQ(status, 400u);
    ask("GET", blob);
    EXPECT_EQ(status, 403u) << "whoever it is, without a lease that names it";
    done.insert("GET /blobs/{hash}");  // tests/workers_agent/transfer_test.cc reads with one
  }

  void enrolments() {
    auto made = ask("POST", "/api/v1/enrolments", R"({"pool": "linux"})");
    ASSERT_EQ(status, 201u);
    const auto once = text(made.at("token"));
    ask("POST", "/api/v1/enrol", R"({"worker": "w7"})", once);
    EXPECT_EQ(status, 201u);
    ask("POST", "/api/v1/enrol", R"({"worker": "w8"})", once);
    EXPECT_EQ(status, 409u);
    made = ask("POST", "/api/v1/enrolments", "{}");
    ask("DELETE", "/api/v1/enrolments/" + text(made.at("id")));
    EXPECT_EQ(status, 204u);
    ask("DELETE", "/api/v1/enrolments/99");
    EXPECT_EQ(status, 404u);
  }

  const std::string cell_path = "/api/v1/sweeps/1/cells/x86_64-unknown-linux-gnu";
  TemporaryDirectory dir;
  fs::path project;
  Served served;
  test::OpenApi described;
  std::set<std::string> done;  // operations that were answered with success
  unsigned status = 0;
};

TEST_F(ApiContract, EveryRouteAnswersAsDescribed) {
  ASSERT_NE(served.port(), 0);
  ask("GET", "/");
  ask("GET", "/api/v1/events?format=json&since=0");
  ask("POST", "/api/v1/sweeps", submission(project));
  ASSERT_EQ(status, 201u);
  auto report = served.finished("1", 300);
  ASSERT_EQ(report.at("sweep").at("exit_status"), 1) << json::serialize(report);

  auto executed = job_of_stage("execute");
  ASSERT_EQ(executed.at("attempts").as_array().size(), 2u) << "the failed test was verified";
  const auto job = "/api/v1/jobs/" + text(executed.at("id"));
  const auto attempt = "/api/v1/attempts/" + text(executed.at("attempts").at(0).at("id"));
  auto compiled = job_of_stage("test-no-run");
  const auto compile = "/api/v1/attempts/" + text(compiled.at("attempts").at(0).at("id"));
  ASSERT_FALSE(report.at("findings").as_array().empty()) << json::serialize(report);
  const auto finding = text(report.at("findings").at(0).at("id"));
  for (const auto& target : std::vector<std::string>{"/",
                                                     "/sweeps/1",
                                                     "/metrics",
                                                     "/api/v1/status",
                                                     "/api/v1/sweeps?limit=1",
                                                     "/api/v1/sweeps/1",
                                                     "/api/v1/sweeps/1?format=text",
                                                     "/api/v1/sweeps/1?format=junit",
                                                     "/api/v1/sweeps/1?format=html",
                                                     "/api/v1/sweeps/1/cells",
                                                     "/api/v1/sweeps/1/cells?verdict=fail&stage=execute",
                                                     "/api/v1/sweeps/1/preparation",
                                                     "/api/v1/sweeps/1/findings",
                                                     "/api/v1/sweeps/1/findings/" + finding,
                                                     "/api/v1/sweeps/1/changes?since=1",
                                                     job + "/tests",
                                                     job + "/tests?state=failed",
                                                     attempt,
                                                     attempt + "/tests?limit=1",
                                                     attempt + "/units",
                                                     compile,
                                                     compile + "/units",
                                                     compile + "/log",
                                                     compile + "/log?tail=3",
                                                     compile + "/log?raw=true",
                                                     "/api/v1/matrices",
                                                     "/api/v1/matrices/1/moody.yaml",
                                                     "/api/v1/events?format=json&since=0",
                                                     "/api/v1/workers",
                                                     "/api/v1/tokens",
                                                     "/api/v1/audit?limit=1"}) {
    ask("GET", target);
    EXPECT_EQ(status, 200u) << target;
  }
  // What is not there, or no question.
  for (const auto& target : std::vector<std::string>{"/sweeps/9",
                                                     "/api/v1/sweeps/9",
                                                     "/api/v1/sweeps/x",
                                                     "/api/v1/sweeps/9/cells",
                                                     "/api/v1/sweeps/1/cells/x",
                                                     "/api/v1/sweeps/9/preparation",
                                                     "/api/v1/sweeps/9/findings",
                                                     "/api/v1/sweeps/1/findings/00000000",
                                                     "/api/v1/sweeps/1/changes",
                                                     "/api/v1/sweeps/1/changes?since=x",
                                                     "/api/v1/jobs/99",
                                                     "/api/v1/jobs/99/tests",
                                                     "/api/v1/attempts/99",
                                                     "/api/v1/attempts/99/tests",
                                                     "/api/v1/attempts/99/units",
                                                     "/api/v1/attempts/99/log",
                                                     "/api/v1/matrices/9/x",
                                                     "/api/v1/sweeps?limit=no",
                                                     "/api/v1/sweeps/1/cells?stage=no",
                                                     "/api/v1/events?since=no"}) {
    ask("GET", target);
    EXPECT_EQ(status / 100, 4u) << target;
  }
  ask("POST", "/api/v1/tokens", R"({"name": "ci", "role": "viewer"})");
  ask("DELETE", "/api/v1/tokens/ci");
  projects_and_schedules();
  probes_and_blobs();
  enrolments();
  ask("POST", "/api/v1/workers/local/drain");
  ask("POST", "/api/v1/sweeps/1/rerun", R"({"failed": true})");
  ask("POST", "/api/v1/sweeps/1/cancel?now=true");
  ask("POST", "/api/v1/workers/local/release");
  ask("POST", "/api/v1/workers/nobody/void", R"({"since": "2026-01-01T00:00:00Z"})");
  EXPECT_EQ(status, 200u);
  ask("POST", "/api/v1/workers/local/undrain");
  for (const auto& operation : described.operations())
    EXPECT_TRUE(done.count(operation) > 0) << operation << " was never answered with success";
}

TEST_F(ApiContract, FailedCellsAreTriedAgainInPlace) {
  const auto file = (dir.path() / "state/admin.token").string();
  const std::map<std::string, std::string> env{
      {"TRIPLED_SERVER", "http://127.0.0.1:" + std::to_string(served.port())}};
  auto run = [&](std::vector<std::string> args) {
    args.insert(args.end(), {"--token-file", file});
    return run_tripled(dir.path(), args, env);
  };
  ask("POST", "/api/v1/sweeps", submission(project));
  auto first = served.finished("1", 300);
  ASSERT_EQ(first.at("sweep").at("exit_status"), 1) << json::serialize(first);
  test::Client listener(served.port());
  auto token = std::string(trim(*read_file(file, 4096)));
  listener.write("GET /api/v1/events?sweep=1 HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + token +
                 "\r\n\r\n");
  EXPECT_THAT(listener.read("retry: "), HasSubstr("Content-Type: text/event-stream"));

  write_files(dir.path(), {{"good", ""}});
  auto again = run({"rerun", "1", "--failed", "--stage", "execute"});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(again.out, "x86_64-unknown-linux-gnu\n");
  auto logs =
      run({"logs", "x86_64-unknown-linux-gnu", "execute", "-f", "--server", env.at("TRIPLED_SERVER")});
  EXPECT_EQ(logs.status, 0) << logs.err;
  EXPECT_THAT(logs.out, HasSubstr("=== x86_64-unknown-linux-gnu execute, attempt 1 (first)"));
  EXPECT_THAT(logs.out, HasSubstr("attempt 3 (rerun)"));  // followed until the cell was over
  auto second = served.finished("1", 60);
  EXPECT_EQ(second.at("sweep").at("exit_status"), 0) << json::serialize(second);
  EXPECT_EQ(text(second.at("cells").at(0).at("verdict")), "pass");
  EXPECT_EQ(second.at("cells").at(0).at("execution_coverage").at("native").at("passed"), 2);
  auto job = job_of_stage("execute");
  EXPECT_EQ(text(job.at("verdict")), "pass") << "not flaky: what was before the rerun does not count";
  ASSERT_EQ(job.at("earlier").as_array().size(), 1u);
  EXPECT_EQ(text(job.at("earlier").at(0).at("verdict")), "fail");
  EXPECT_EQ(text(job.at("attempts").as_array().back().at("reason")), "rerun");
  auto told = listener.read("event: sweep-finished");
  EXPECT_THAT(told, HasSubstr("event: rerun\n"));
  EXPECT_THAT(told, HasSubstr("event: cell-finished\n"));
  EXPECT_THAT(served.ask("GET", "/api/v1/audit").body, HasSubstr("\"what\": \"rerun\""));
  EXPECT_EQ(run({"rerun", "1", "--failed"}).status, 2) << "nothing failed any more";
  EXPECT_THAT(served.ask("GET", "/metrics").body, HasSubstr("runner=\"native\",state=\"passed\"} 2\n"));

  EXPECT_THAT(run({"logs", "--server", env.at("TRIPLED_SERVER")}).out, HasSubstr("=== prepare"));
  EXPECT_THAT(run({"logs", "x86_64-unknown-linux-gnu", "--json", "--server", env.at("TRIPLED_SERVER")}).out,
              HasSubstr("\"stage\": \"build\""));
  EXPECT_EQ(run({"logs", "nothing", "--server", env.at("TRIPLED_SERVER")}).status, 2);
  EXPECT_THAT(run({"report", "--json", "--server", env.at("TRIPLED_SERVER")}).out,
              HasSubstr("\"format\": 1"));

  auto third = run({"rerun", "1", "x86_64-unknown-linux-gnu", "-f"});
  EXPECT_EQ(third.status, 0) << third.err;
  EXPECT_THAT(third.err, HasSubstr("1 cell is tried again in sweep 1"));
  EXPECT_THAT(third.out, HasSubstr("moody compiles completely on 1 of 1 triple"));
  job = job_of_stage("execute");
  ASSERT_EQ(job.at("earlier").as_array().size(), 2u);
  EXPECT_EQ(text(job.at("earlier").at(1).at("verdict")), "pass");
}

}  // namespace
}  // namespace tripled::e2e
