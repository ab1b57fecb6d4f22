#include "tests/e2e/fleet.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace tripled::e2e {

namespace fs = std::filesystem;
namespace json = wire::json;

std::string submission(const fs::path& project, const std::string& axes, const std::string& defaults) {
  json::object body;
  body["matrix"] = "tripled: 1\nproject: {source: {path: '" + project.string() + "'}}\ndefaults: {" +
                   defaults + "}\naxes: " + axes + "\n";
  body["file"] = "fleet.yaml";
  return json::serialize(body);
}

Fleet::Fleet(const fs::path& dir, ServeOptions options)
    : dir_(dir),
      options_(std::move(options)),
      served_(std::make_unique<Served>(dir_, dir_ / "projects", options_)) {
  options_.port = served_->port();
}

void Fleet::drain_local() const {
  EXPECT_EQ(served_->ask("POST", "/api/v1/workers/local/drain").status, 202u);
}

void Fleet::start(const std::string& name, const std::vector<std::string>& more,
                  const std::vector<std::string>& through) {
  ASSERT_NO_FATAL_FAILURE(begin_start(name, more, through));
  ASSERT_TRUE(eventually([&] { return is_connected(name); })) << log_of(name);
}

void Fleet::begin_start(const std::string& name, const std::vector<std::string>& more,
                        const std::vector<std::string>& through) {
  if (!tokens_.contains(name)) {
    auto made = served_->ask("POST", "/api/v1/tokens", R"({"name": ")" + name + R"(", "role": "worker"})");
    ASSERT_EQ(made.status, 201u) << made.body;
    tokens_[name] = std::string(made.json().at("token").as_string());
  }
  spawn(name, name, more, through);
}

void Fleet::start_double(const std::string& name, const std::string& alias) { spawn(name, alias, {}, {}); }

void Fleet::spawn(const std::string& name, const std::string& alias, const std::vector<std::string>& more,
                  const std::vector<std::string>& through) {
  fs::create_directories(dir_ / alias);
  std::vector<std::string> args = through;
  args.push_back(worker_program());
  const auto port = reach_by_ ? reach_by_ : served_->port();
  args.insert(args.end(), {"--daemon", served_->address() + ":" + std::to_string(port), "--name", name,
                           "--cache", (dir_ / alias / "cache").string(), "--state", (dir_ / alias).string()});
  args.insert(args.end(), more.begin(), more.end());
  const fs::path program = args.front();
  args.erase(args.begin());
  const std::map<std::string, std::string> env{{"TRIPLED_WORKER_TOKEN", tokens_.at(name)}};
  workers_[alias] = std::make_unique<Started>(dir_ / alias, args, env, fs::path(), program);
}

void Fleet::kill(const std::string& name) {
  workers_.at(name)->signal(SIGKILL);
  workers_.at(name)->wait(30);
}

int Fleet::stop(const std::string& name) {
  workers_.at(name)->signal(SIGTERM);
  return workers_.at(name)->wait(60).status;
}

bool Fleet::is_connected(const std::string& name) const {
  auto body = served_->ask("GET", "/api/v1/workers").json();
  if (!body.is_object()) return false;
  for (const auto& worker : body.at("workers").as_array())
    if (text(worker.at("name")) == name && worker.at("connected").as_bool()) return true;
  return false;
}

void Fleet::stop_daemon(int with_signal) {
  served_->process().signal(with_signal);
  served_->process().wait(60);
}

void Fleet::start_daemon() {
  restarted_ = true;
  served_ = std::make_unique<Served>(dir_, dir_ / "projects", options_);
  if (options_.local_slots > 0) drain_local();
}

std::string Fleet::begin(const std::string& body) const {
  auto answer = served_->ask("POST", "/api/v1/sweeps", body);
  EXPECT_EQ(answer.status, 201u) << answer.body;
  return answer.status == 201u ? text(answer.json().at("id")) : std::string();
}

json::value Fleet::sweep(const std::string& body, int limit_seconds) const {
  auto id = begin(body);
  if (id.empty()) return nullptr;
  auto report = served_->finished(id, limit_seconds);
  return report;
}

}  // namespace tripled::e2e
