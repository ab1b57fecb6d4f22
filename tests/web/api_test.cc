// The API over a real store and an engine that is played by the test: who may ask what, what is answered, and
// what a wrong request is told.
#include "daemon/web/routes.h"
#include "tests/web/fixture.h"

namespace tripled::web {
namespace {

using testing::HasSubstr;

// Every route, whoever asks: nobody is let in without a token, nobody by a weaker one, and a worker's is for
// none.
TEST_F(ApiTest, EveryRouteAsksForItsRole) {
  for (const auto& route : routes()) {
    if (route.least == Role::none) continue;  // looks for itself: EnrolmentTokensAreForOneThing
    auto target = std::string(route.path);
    for (auto open = target.find('{'); open != target.npos; open = target.find('{'))
      target.replace(open, target.find('}') - open + 1, "1");
    for (Role role : {Role::none, Role::viewer, Role::submitter, Role::worker, Role::admin}) {
      auto status = ask(std::string(route.method), target, role, "{}").status;
      bool may = role != Role::none && role != Role::worker && role >= route.least;
      EXPECT_EQ(status == 401, role == Role::none) << route.method << " " << target;
      EXPECT_EQ(status == 403, role != Role::none && !may)
          << route.method << " " << target << " " << to_text(role);
    }
  }
}

TEST_F(ApiTest, AnonymousViewersReadAndChangeNothing) {
  anonymous = Role::viewer;
  EXPECT_EQ(ask("GET", "/api/v1/sweeps", Role::none).status, 200u);
  EXPECT_EQ(ask("POST", "/api/v1/sweeps", Role::none, R"({"matrix": "x"})").status, 403u);
  EXPECT_EQ(ask("GET", "/api/v1/tokens", Role::none).status, 403u);
}

TEST_F(ApiTest, ErrorsAreProblems) {
  auto none = ask("GET", "/api/v1/nothing", Role::admin);
  EXPECT_EQ(none.status, 404u);
  EXPECT_EQ(none.content_type, "application/problem+json");
  auto body = json(none);
  EXPECT_EQ(body.at("status").to_number<int>(), 404);
  EXPECT_EQ(body.at("title").as_string(), "Not Found");
  EXPECT_THAT(std::string(body.at("detail").as_string()), HasSubstr("/api/v1/nothing"));
  EXPECT_EQ(ask("GET", "/%zz", Role::admin).status, 400u);
  auto refused = ask("PATCH", "/api/v1/sweeps", Role::admin);
  EXPECT_EQ(refused.status, 405u);
  ASSERT_EQ(refused.headers.size(), 1u);
  EXPECT_EQ(refused.headers[0].second, "GET, POST");
  EXPECT_EQ(ask("GET", "/api/v1/sweeps", Role::none).headers.at(0).first, "WWW-Authenticate");
}

TEST_F(ApiTest, SweepsComeInPages) {
  auto empty = json(ask("GET", "/api/v1/sweeps", Role::viewer));
  EXPECT_TRUE(empty.at("sweeps").as_array().empty());
  EXPECT_TRUE(empty.at("next").is_null());
  for (int i = 0; i < 3; ++i) add_sweep();
  auto first = json(ask("GET", "/api/v1/sweeps?limit=2", Role::viewer));
  ASSERT_EQ(first.at("sweeps").as_array().size(), 2u);
  EXPECT_EQ(first.at("sweeps").at(0).at("id").as_string(), "3");
  EXPECT_EQ(first.at("sweeps").at(0).at("project").as_string(), "sample");
  EXPECT_TRUE(first.at("sweeps").at(0).at("finished_at").is_null());
  EXPECT_EQ(first.at("next").as_string(), "2");
  auto second = json(ask("GET", "/api/v1/sweeps?limit=2&before=2", Role::viewer));
  ASSERT_EQ(second.at("sweeps").as_array().size(), 1u);
  EXPECT_TRUE(second.at("next").is_null());
  EXPECT_EQ(ask("GET", "/api/v1/sweeps?limit=0", Role::viewer).status, 400u);
  EXPECT_EQ(ask("GET", "/api/v1/sweeps?before=x", Role::viewer).status, 400u);
}

TEST_F(ApiTest, OneSweepIsItsReportInAnyFormat) {
  add_sweep();
  auto report = json(ask("GET", "/api/v1/sweeps/1", Role::viewer));
  EXPECT_EQ(report.at("format").to_number<int>(), 1);
  EXPECT_EQ(report.at("sweep").at("id").as_string(), "1");
  EXPECT_THAT(ask("GET", "/api/v1/sweeps/1?format=html", Role::viewer).body, HasSubstr("<!DOCTYPE html>"));
  EXPECT_THAT(ask("GET", "/api/v1/sweeps/1?format=junit", Role::viewer).body, HasSubstr("<testsuites"));
  EXPECT_THAT(ask("GET", "/api/v1/sweeps/1?format=text", Role::viewer).body, HasSubstr("sample"));
  EXPECT_EQ(ask("GET", "/api/v1/sweeps/1?format=pdf", Role::viewer).status, 400u);
  EXPECT_EQ(ask("GET", "/api/v1/sweeps/2", Role::viewer).status, 404u);
  EXPECT_EQ(ask("GET", "/api/v1/sweeps/x", Role::viewer).status, 404u);
  auto page = ask("GET", "/sweeps/1", Role::viewer);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(ask("GET", "/", Role::viewer).body, page.body);
}

TEST_F(ApiTest, PageWithoutASweepSaysSo) {
  EXPECT_THAT(ask("GET", "/", Role::viewer).body, HasSubstr("No sweep is stored here yet"));
}

TEST_F(ApiTest, SubmissionReachesTheEngineWithWhoAsked) {
  auto created =
      ask("POST", "/api/v1/sweeps", Role::submitter, R"({"matrix": "tripled: 1\n", "triples": ["s390x-*"]})");
  EXPECT_EQ(created.status, 201u);
  EXPECT_EQ(json(created).at("id").as_string(), "7");
  ASSERT_EQ(created.headers.size(), 1u);
  EXPECT_EQ(created.headers[0].second, "/api/v1/sweeps/7");
  EXPECT_EQ(engine.submitted.matrix, "tripled: 1\n");
  EXPECT_THAT(engine.submitted.triples, testing::ElementsAre("s390x-*"));
  EXPECT_EQ(engine.asked_by, "ann");
}

TEST_F(ApiTest, RefusedSubmissionsSayWhy) {
  EXPECT_EQ(ask("POST", "/api/v1/sweeps", Role::submitter, "{").status, 400u);
  EXPECT_EQ(ask("POST", "/api/v1/sweeps", Role::submitter, R"({"matrix": 1})").status, 400u);
  EXPECT_EQ(ask("POST", "/api/v1/sweeps", Role::submitter, "{}").status, 422u);
  struct Case {
    Error error;
    unsigned status;
  };
  for (const auto& c :
       {Case{config_error("m.yaml:1:1: no"), 422}, Case{usage_error("no"), 422},
        Case{Error(ErrorKind::tool, "no worker is connected"), 503},
        Case{Error(ErrorKind::store, "full"), 503}, Case{Error(ErrorKind::internal, "x"), 500}}) {
    engine.answer = c.error;
    auto refused = ask("POST", "/api/v1/sweeps", Role::submitter, R"({"matrix": "x"})");
    EXPECT_EQ(refused.status, c.status) << c.error.message();
    EXPECT_EQ(json(refused).at("detail").as_string(), c.error.message());
  }
}

TEST_F(ApiTest, CancelAndWorkers) {
  EXPECT_EQ(ask("POST", "/api/v1/sweeps/3/cancel?now=true", Role::submitter).status, 202u);
  EXPECT_EQ(engine.cancelled, (std::pair<store::SweepId, bool>{3, true}));
  engine.status = usage_error("sweep 3 does not run");
  EXPECT_EQ(ask("POST", "/api/v1/sweeps/3/cancel", Role::submitter).status, 422u);
  engine.status = {};
  EXPECT_EQ(ask("POST", "/api/v1/workers/a%20b/drain", Role::admin).status, 202u);
  EXPECT_EQ(engine.changed, "a b");
  auto voided = ask("POST", "/api/v1/workers/w1/void", Role::admin,
                    R"({"since": "2026-11-21T09:30:00Z", "until": "2026-11-21T10:00:00Z"})");
  EXPECT_EQ(voided.status, 200u) << voided.body;
  EXPECT_EQ(engine.voided.worker, "w1");
  EXPECT_EQ(engine.voided.since, 1'795'253'400'000);
  EXPECT_EQ(engine.voided.until, 1'795'255'200'000);
  EXPECT_EQ(ask("POST", "/api/v1/workers/w1/void", Role::submitter, R"({"since": ""})").status, 403u);
  for (const char* wrong : {R"({"since": "yesterday"})", R"({})",
                            R"({"since": "2026-11-21T09:30:00Z", "until": "2026-11-21T09:30:00Z"})"})
    EXPECT_EQ(ask("POST", "/api/v1/workers/w1/void", Role::admin, wrong).status, 422u) << wrong;
  EXPECT_TRUE(json(ask("GET", "/api/v1/workers", Role::viewer)).at("workers").at(0).at("machine").is_null());
  engine.known_machines["w1"] = {
      {"machine", "x86_64"}, {"memory", "8589934592"}, {"cpu_flags", "avx2 sse4_2"}};
  auto workers = json(ask("GET", "/api/v1/workers", Role::viewer)).at("workers").as_array();
  ASSERT_EQ(workers.size(), 1u);
  const auto& machine = workers[0].at("machine");
  EXPECT_EQ(machine.at("memory").to_number<std::int64_t>(), 8'589'934'592);
  EXPECT_EQ(machine.at("cpu_flags").as_array().size(), 2u);
  EXPECT_TRUE(machine.at("disk_free").is_null()) << "an older worker does not say it";
  EXPECT_EQ(workers[0].at("name").as_string(), "w1");
  EXPECT_TRUE(workers[0].at("quarantine").is_null());
  auto waiting = json(ask("GET", "/api/v1/status", Role::viewer)).at("waiting").as_array();
  ASSERT_EQ(waiting.size(), 1u);
  EXPECT_TRUE(waiting[0].at("impossible").as_bool());
  EXPECT_EQ(waiting[0].at("why").as_string(), "no worker has toolchain 1.85");
}

TEST_F(ApiTest, TokensAreShownOnceAndListedWithoutTheirSecret) {
  auto created = ask("POST", "/api/v1/tokens", Role::admin, R"({"name": "ci", "role": "submitter"})");
  EXPECT_EQ(created.status, 201u);
  EXPECT_EQ(json(created).at("token").as_string(), "secret");
  EXPECT_EQ(engine.added, (std::pair<std::string, Role>{"ci", Role::submitter}));
  EXPECT_EQ(ask("POST", "/api/v1/tokens", Role::admin, R"({"name": "ci", "role": "king"})").status, 400u);
  EXPECT_EQ(ask("POST", "/api/v1/tokens", Role::admin, R"({"role": "viewer"})").status, 422u);
  {
    auto tx = must(store_.begin());
    store::TokenRow row;
    row.name = "ci";
    row.role = Role::submitter;
    row.hash = "0123456789";
    row.created_at = 1000;
    must(tx.add_token(row));
    must(tx.add_audit({0, 1000, "ann", "add token", R"({"name":"ci"})"}));
    must(tx.commit());
  }
  auto listed = ask("GET", "/api/v1/tokens", Role::admin);
  EXPECT_EQ(json(listed).at("tokens").at(0).at("role").as_string(), "submitter");
  EXPECT_THAT(listed.body, testing::Not(HasSubstr("0123456789")));
  auto audit = json(ask("GET", "/api/v1/audit", Role::admin)).at("audit").as_array();
  ASSERT_EQ(audit.size(), 1u);
  EXPECT_EQ(audit[0].at("detail").at("name").as_string(), "ci");
  EXPECT_EQ(ask("DELETE", "/api/v1/tokens/ci", Role::admin).status, 204u);
  EXPECT_EQ(engine.changed, "ci");
}

TEST_F(ApiTest, EnrolmentTokensAreForOneThing) {
  auto made =
      ask("POST", "/api/v1/enrolments", Role::admin, R"({"worker": "w1", "pool": "linux", "expires": "2h"})");
  EXPECT_EQ(made.status, 201u) << made.body;
  EXPECT_EQ(json(made).at("token"), "good once");
  EXPECT_EQ(engine.enrolment.worker, "w1");
  EXPECT_EQ(engine.enrolment.pool, "linux");
  EXPECT_EQ(engine.enrolment.good_for, Millis(7'200'000));
  for (const char* wrong : {R"({"expires": "0s"})", R"({"expires": "721h"})", R"({"expires": "soon"})"})
    EXPECT_EQ(ask("POST", "/api/v1/enrolments", Role::admin, wrong).status, 422u) << wrong;
  EXPECT_EQ(ask("DELETE", "/api/v1/enrolments/3", Role::admin).status, 204u);
  EXPECT_EQ(engine.changed, "enrolment 3");

  net::Identity once;
  once.name = "enrolment 3";
  once.enrolment = 3;
  auto own = ask_as("POST", "/api/v1/enrol", once, R"({"worker": "w1"})");
  EXPECT_EQ(own.status, 201u) << own.body;
  EXPECT_EQ(json(own).at("token"), "its own");
  EXPECT_EQ(engine.changed, "w1 by 3");
  EXPECT_EQ(ask_as("POST", "/api/v1/enrol", once, R"({"worker": ""})").status, 422u);
  engine.status = Error(ErrorKind::conflict, "it was used: ask for a new one");
  auto again = ask_as("POST", "/api/v1/enrol", once, R"({"worker": "w1"})");
  EXPECT_EQ(again.status, 409u);
  EXPECT_THAT(again.body, HasSubstr("ask for a new one"));
  engine.status = {};
  // It opens nothing else, and nothing else opens it.
  for (const auto& route : routes()) {
    if (route.least == Role::none) continue;
    auto target = std::string(route.path);
    for (auto open = target.find('{'); open != target.npos; open = target.find('{'))
      target.replace(open, target.find('}') - open + 1, "1");
    EXPECT_EQ(ask_as(std::string(route.method), target, once, "{}").status, 401u) << target;
  }
  const std::string body = R"({"worker": "w1"})";
  EXPECT_EQ(ask("POST", "/api/v1/enrol", Role::none, body).status, 401u);
  EXPECT_EQ(ask("POST", "/api/v1/enrol", Role::admin, body).status, 403u);
  EXPECT_EQ(ask("POST", "/api/v1/enrol", Role::worker, body).status, 403u);
}

// --- projects and schedules

TEST_F(ApiTest, ProjectsAreAnAdministrators) {
  const std::string body = R"({"name": "demo", "git": "https://git.example/demo", "environment": ["QUICK"],
                               "poll": {"every": "10m", "refs": ["main", "release/*"]}})";
  EXPECT_EQ(ask("POST", "/api/v1/projects", Role::submitter, body).status, 403u);
  EXPECT_EQ(ask("POST", "/api/v1/projects", Role::admin, body).status, 201u);
  const auto& got = engine.known_projects;
  EXPECT_EQ(got.project.name, "demo");
  EXPECT_EQ(got.project.poll->refs.size(), 2u);
  EXPECT_FALSE(got.replaced);
  EXPECT_EQ(got.asked_by, "ann");
  EXPECT_EQ(ask("PUT", "/api/v1/projects/other", Role::admin, body).status, 200u);
  EXPECT_TRUE(got.replaced);
  EXPECT_EQ(got.project.name, "other") << "the path says which";
  auto typo = ask("POST", "/api/v1/projects", Role::admin, R"({"name": "demo", "gti": ""})");
  EXPECT_EQ(typo.status, 422u);
  EXPECT_THAT(typo.body, HasSubstr("`gti` is not known here"));
  engine.known_projects.status = Error(ErrorKind::conflict, "there is a project `demo` already");
  EXPECT_EQ(ask("POST", "/api/v1/projects", Role::admin, body).status, 409u);
}

TEST_F(ApiTest, AProjectWithWhatWasSeenOfIt) {
  auto tx = must(store_.begin());
  store::ProjectSettings settings;
  settings.name = "demo";
  settings.git = "https://git.example/demo";
  must(tx.put_project_settings(settings, 1000));
  must(tx.set_poll_failed("demo", 3, "no route to host"));
  must(tx.put_project_ref({"demo", "main", "abc", 2000, 0, "there when polling began"}));
  store::ScheduleRow schedule;
  schedule.project = "demo";
  schedule.cron = "0 3 * * *";
  auto id = must(tx.put_schedule(schedule));
  store::FireRow fire;
  fire.schedule = id;
  fire.nominal = "2026-11-27T03:00";
  fire.state = store::FireState::missed;
  fire.reason = "noticed 6h00m late";
  must(tx.add_fire(fire));
  must(tx.commit());
  auto project = json(ask("GET", "/api/v1/projects/demo", Role::viewer));
  EXPECT_EQ(project["poll_state"].at("failures"), 3);
  EXPECT_EQ(project["refs"].at(0).at("note"), "there when polling began");
  EXPECT_EQ(ask("GET", "/api/v1/projects/none", Role::viewer).status, 404u);
  auto listed = json(ask("GET", "/api/v1/schedules", Role::viewer));
  EXPECT_EQ(listed["schedules"].at(0).at("fires").at(0).at("state"), "missed");
  EXPECT_TRUE(listed["schedules"].at(0).at("next_due").is_string());
  EXPECT_EQ(ask("GET", "/api/v1/schedules/77", Role::viewer).status, 404u);
}

TEST_F(ApiTest, SchedulesAreASubmitters) {
  const std::string body =
      R"({"project": "demo", "cron": "@daily", "catch_up": "once", "catch_up_age": "90m"})";
  EXPECT_EQ(ask("POST", "/api/v1/schedules", Role::viewer, body).status, 403u);
  auto made = ask("POST", "/api/v1/schedules", Role::submitter, body);
  EXPECT_EQ(made.status, 201u);
  EXPECT_EQ(json(made)["id"], "4");
  const auto& got = engine.known_projects;
  EXPECT_EQ(got.schedule.catch_up, store::CatchUp::once);
  EXPECT_EQ(got.schedule.catch_up_ms, 90 * 60 * 1000);
  EXPECT_EQ(ask("PUT", "/api/v1/schedules/4", Role::submitter, body).status, 200u);
  EXPECT_EQ(got.schedule.id, 4);
  auto run = ask("POST", "/api/v1/schedules/4/run", Role::submitter);
  EXPECT_EQ(run.status, 201u);
  EXPECT_EQ(json(run)["id"], "9");
  EXPECT_EQ(got.ran, 4);
  EXPECT_EQ(ask("DELETE", "/api/v1/schedules/4", Role::submitter).status, 204u);
  EXPECT_EQ(got.removed, "4");
  for (const char* bad :
       {R"({"cron": "@daily", "overlap": "both"})", R"({"cron": "@daily", "catch_up_age": "x"})"})
    EXPECT_GE(ask("POST", "/api/v1/schedules", Role::submitter, bad).status, 400u) << bad;
}

}  // namespace
}  // namespace tripled::web
