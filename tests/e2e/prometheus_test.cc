// The real Prometheus scrapes a real daemon that has swept something: every panel of the dashboards and every
// recording rule returns data, and every metric and label value that an alert names is there. Prometheus
// itself is silent about a name that nobody has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <regex>
#include <set>

#include "daemon/net/client.h"
#include "schema/base/file.h"
#include "schema/base/text.h"
#include "tests/e2e/project.h"
#include "tests/e2e/prometheus_server.h"
#include "tests/net/certificates.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;
namespace json = wire::json;
using testing::HasSubstr;

const fs::path deployed = fs::path(TRIPLED_SOURCE_DIR) / "deploy";

// Expressions that can have no data here, and why. All other panels must.
const std::map<std::string, std::string> exempt = {
    {"sum(tripled_execution_tests{project=\"small\",matrix=\"small.yaml\",runner=\"emulated\",state="
     "\"executed\"})",
     "the sweep runs its tests natively alone: no emulator is needed to run this test"},
};
// Label values in alerts that a healthy sweep does not have.
const std::map<std::string, std::string> absent_values = {
    {"tripled_cells{verdict=\"broken\"}", "nothing is broken in the sweep"},
    {"tripled_cells{verdict=\"blocked\"}", "nothing is blocked in the sweep"},
    {"tripled_cells{verdict=\"suspect\"}", "a native run is never suspect"},
};

// A daemon with everything that makes a metric: TLS (the certificate's end), a probe address, a backup.
class Scraped : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(prometheus_program()))
      GTEST_SKIP() << "prometheus is not unpacked (tests/run without --no-install does that)";
    auto files = authority_.issue("daemon", "DNS:localhost");
    write_files(dir_.path(),
                {{"tripled.yaml", "tripled: 1\nlisten: {address: 127.0.0.1:0, tls: {certificate: '" +
                                      files.certificate.string() + "', key: '" + files.key.string() +
                                      "'}}\nmetrics: {listen: 127.0.0.1:0}\nstate: state\ncache: '" +
                                      test_cache().string() +
                                      "'\nproject-roots: projects\nlocal-worker: {slots: 2}\n"},
                 {"projects/small/Cargo.toml",
                  "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
                 {"projects/small/src/lib.rs",
                  "pub fn one() -> u8 { 1 }\n#[test]\nfn is_one() { assert_eq!(one(), 1); }\n"},
                 {"small.yaml",
                  "tripled: 1\nproject: {source: {path: projects/small}}\ndefaults: {toolchain: system}\n"
                  "axes: {triple: [x86_64-unknown-linux-gnu]}\n"}});
    for (const char* name : {"daemon", "prometheus", "run"}) fs::create_directories(dir_.path() / name);
    daemon_ = std::make_unique<Started>(
        dir_.path() / "daemon", std::vector<std::string>{"serve", (dir_.path() / "tripled.yaml").string()});
    until([&] { return contains(daemon_->err_so_far(), "worker local connected"); }, 60);
    ASSERT_THAT(daemon_->err_so_far(), HasSubstr("worker local connected"));
    prometheus_ =
        std::make_unique<Prometheus>(dir_.path() / "prometheus", number("metrics and probes on port "));
    ASSERT_TRUE(prometheus_->ready()) << prometheus_->said();
    auto backup = run(
        {"backup", (dir_.path() / "backup").string(), "--settings", (dir_.path() / "tripled.yaml").string()});
    ASSERT_EQ(backup.status, 0) << backup.err;
    // Some scrapes before anything is counted: a rate needs two, and the second with something in it.
    until([&] { return !prometheus_->query("count_over_time(up{job=\"tripled\"}[1m]) >= 3").empty(); }, 30);
    sweep();
    until(
        [&] {
          return !prometheus_->query("tripled_coverage_evidence_timestamp_seconds").empty() &&
                 !prometheus_->query("tripled_last_backup_timestamp_seconds > 0").empty() &&
                 !prometheus_->query("tripled:tests_passed:ratio").empty();
        },
        30);
  }

  static void until(const std::function<bool()>& met, int seconds) {
    for (int i = 0; i < seconds * 5 && !met(); ++i) ::usleep(200'000);
  }
  std::uint16_t number(const std::string& words) const {
    auto log = daemon_->err_so_far();
    auto at = log.find(words);
    return at == std::string::npos ? 0
                                   : static_cast<std::uint16_t>(std::atoi(log.c_str() + at + words.size()));
  }
  Ran run(const std::vector<std::string>& args) { return run_tripled(dir_.path() / "run", args); }
  void sweep() {
    json::object body;
    body["matrix"] = *read_file(dir_.path() / "small.yaml");
    body["file"] = "small.yaml";
    body["directory"] = dir_.path().string();
    auto answer = ask("POST", "/api/v1/sweeps", json::serialize(body));
    ASSERT_THAT(answer, HasSubstr("\"1\""));
    until([&] { return contains(daemon_->err_so_far(), "sweep 1 is finished"); }, 300);
    ASSERT_THAT(daemon_->err_so_far(), HasSubstr("sweep 1 is finished: exit status 0"));
  }
  std::string ask(const std::string& method, const std::string& target, const std::string& body) {
    net::ServerAddress server;
    auto trusted = net::parse_server_address(
        "https://localhost:" + std::to_string(number("listening on https://127.0.0.1:")),
        authority_.certificate());
    if (!trusted) return trusted.error().message();
    server = *trusted;
    server.token = std::string(trim(*read_file(dir_.path() / "state/admin.token", 4096)));
    auto answer = net::call(server, method, target, body);
    return answer ? answer->body : answer.error().message();
  }

  TemporaryDirectory dir_;
  test::Authority authority_{dir_.path(), "authority"};
  std::unique_ptr<Started> daemon_;
  std::unique_ptr<Prometheus> prometheus_;
};

// As Grafana does before it asks.
std::string substituted(std::string expression) {
  for (const auto& [variable, value] : std::map<std::string, std::string>{
           {"$project", "small"}, {"$matrix", "small.yaml"}, {"$triple", "x86_64-unknown-linux-gnu"}})
    expression = replace_all(expression, variable, value);
  return expression;
}

// METRIC or METRIC{…} in an expression, its label values one by one: METRIC{label="value"}.
std::set<std::string> selectors_of(const std::string& expression) {
  std::set<std::string> out;
  const std::regex selector(R"re((tripled_[a-z_]+|up|process_[a-z_]+)\b(\{[^}]*\})?)re");
  const std::regex value(R"re(([a-z_]+)=(~?)"([^"]*)")re");
  for (std::sregex_iterator it(expression.begin(), expression.end(), selector), end; it != end; ++it) {
    const std::string name = (*it)[1], labels = (*it)[2];
    out.insert(name);
    for (std::sregex_iterator l(labels.begin(), labels.end(), value), last; l != last; ++l)
      for (const auto& one : split((*l)[3].str(), '|'))
        out.insert(name + "{" + (*l)[1].str() + "=\"" + std::string(one) + "\"}");
  }
  return out;
}

TEST_F(Scraped, PanelsRulesAndAlertsFindWhatTheyAskFor) {
  std::string why;
  int panels = 0;
  for (const auto& entry : fs::directory_iterator(deployed / "grafana/dashboards")) {
    auto dashboard = wire::parse(*read_file(entry.path()));
    ASSERT_TRUE(dashboard) << entry.path();
    for (const auto& panel : dashboard->at("panels").as_array())
      for (const auto& target : panel.at("targets").as_array()) {
        ++panels;
        const auto expression = substituted(text(target.at("expr")));
        EXPECT_THAT(expression, testing::Not(HasSubstr("$"))) << "a variable that is not known here";
        if (exempt.count(expression) > 0) continue;
        why.clear();
        EXPECT_FALSE(prometheus_->query(expression, &why).empty())
            << text(panel.at("title")) << ": " << expression << "\n"
            << why;
      }
  }
  EXPECT_GE(panels, 45);

  int rules = 0, alerts = 0;
  auto groups = prometheus_->get("/api/v1/rules", &why);
  ASSERT_TRUE(groups.is_object()) << why;
  for (const auto& group : groups.at("groups").as_array())
    for (const auto& rule : group.at("rules").as_array()) {
      EXPECT_EQ(text(rule.at("health")), "ok") << json::serialize(rule);
      if (text(rule.at("type")) == "recording") {
        ++rules;
        EXPECT_FALSE(prometheus_->query(text(rule.at("name"))).empty()) << text(rule.at("name"));
        continue;
      }
      ++alerts;
      for (const auto& selector : selectors_of(text(rule.at("query")))) {
        if (absent_values.count(selector) > 0) continue;
        EXPECT_FALSE(prometheus_->query(selector).empty()) << selector << " of " << text(rule.at("name"));
      }
    }
  EXPECT_GE(rules, 6);
  EXPECT_GE(alerts, 17);
}

}  // namespace
}  // namespace tripled::e2e
