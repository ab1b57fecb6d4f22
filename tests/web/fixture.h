// The API over a real store and an engine that is played by the test. Every answer is held against
// schema/openapi.yaml.
#pragma once
#include <gmock/gmock.h>

#include "daemon/web/api.h"
#include "tests/store/fixture.h"
#include "tests/web/fake_projects.h"
#include "tests/web/openapi.h"

namespace tripled::web {

using store::must;

class FakeEngine : public Engine {
 public:
  void submit(Submission submission, const std::string& who,
              std::function<void(Result<store::SweepId>)> done) override {
    submitted = submission;
    asked_by = who;
    done(answer);
  }
  Status cancel(store::SweepId sweep, bool now, const std::string& who) override {
    cancelled = {sweep, now};
    asked_by = who;
    return status;
  }
  Result<std::vector<std::string>> rerun(store::SweepId sweep, const RerunRequest& request,
                                         const std::string& who) override {
    rerun_of = sweep;
    wanted = request;
    asked_by = who;
    if (!status) return status.error();
    return std::vector<std::string>{"s390x-unknown-linux-gnu/bare"};
  }
  std::string progress(const std::string&) const override { return ""; }
  Result<VoidedWork> void_worker(const VoidRequest& request, const std::string& who) override {
    voided = request;
    asked_by = who;
    if (!status) return status.error();
    return VoidedWork{2, {{"7", "s390x-unknown-linux-gnu", ""}}, {}};
  }
  Status change_worker(const std::string& worker, WorkerChange, const std::string& who) override {
    changed = worker;
    asked_by = who;
    return status;
  }
  Result<std::string> add_token(const std::string& name, Role role, const std::string& who) override {
    added = {name, role};
    asked_by = who;
    return std::string("secret");
  }
  Status revoke_token(const std::string& name, const std::string& who) override {
    changed = name;
    asked_by = who;
    return status;
  }
  Result<NewEnrolment> add_enrolment(const EnrolmentRequest& request, const std::string& who) override {
    enrolment = request;
    asked_by = who;
    if (!status) return status.error();
    return NewEnrolment{3, "good once", 1'795'253'400'000};
  }
  Status revoke_enrolment(store::EnrolmentId id, const std::string& who) override {
    changed = "enrolment " + std::to_string(id);
    asked_by = who;
    return status;
  }
  Result<OwnToken> enrol(store::EnrolmentId id, const std::string& worker) override {
    changed = worker + " by " + std::to_string(id);
    if (!status) return status.error();
    return OwnToken{"its own", "linux"};
  }
  ProjectEngine& projects() override { return known_projects; }
  std::vector<sched::WorkerView> workers() const override {
    sched::WorkerView view;
    view.worker = "w1";
    view.connected = true;
    view.slots = 2;
    return {view};
  }
  const std::map<std::string, std::map<std::string, std::string>>& machines() const override {
    return known_machines;
  }
  std::vector<sched::RunningBatch> running() const override { return {}; }
  std::vector<sched::WaitingBatch> waiting(std::size_t) const override {
    sched::WaitingBatch batch;
    batch.sweep = "1";
    batch.cell = "s390x";
    batch.placement = sched::Impossible{"no worker has toolchain 1.85"};
    return {batch};
  }
  bool draining() const override { return false; }
  std::string unhealthy() const override { return ""; }
  std::string metrics() const override { return "tripled_build_info 1\n"; }

  Submission submitted;
  store::SweepId rerun_of = 0;
  RerunRequest wanted;
  VoidRequest voided;
  std::pair<store::SweepId, bool> cancelled;
  std::pair<std::string, Role> added;
  EnrolmentRequest enrolment;
  std::map<std::string, std::map<std::string, std::string>> known_machines;
  std::string changed, asked_by;
  FakeProjects known_projects;
  Result<store::SweepId> answer = store::SweepId{7};
  Status status;
};

class ApiTest : public store::StoreTest {
 protected:
  ApiTest() : store_(open()) {}

  net::HttpResponse ask(const std::string& method, const std::string& target, Role role,
                        const std::string& body = "", const std::string& name = "ann",
                        const std::string& if_none_match = "") {
    return ask_as(method, target, role == Role::none ? net::Identity() : net::Identity{name, role}, body,
                  if_none_match);
  }
  net::HttpResponse ask_as(const std::string& method, const std::string& target,
                           const net::Identity& identity, const std::string& body = "",
                           const std::string& if_none_match = "") {
    net::HttpRequest request;
    if (!if_none_match.empty()) request.headers["if-none-match"] = if_none_match;
    request.method = method;
    request.target = target;
    request.body = body;
    request.identity = identity;
    std::optional<net::HttpResponse> answer;
    {
      Api api(io, {database, anonymous, directory / "blobs"}, engine);
      api.handle(std::move(request), [&](net::HttpResponse response) {
        EXPECT_FALSE(answer) << "answered twice: " << target;
        answer = std::move(response);
      });
    }  // waits for its reads
    io.restart();
    io.run();
    if (!answer) throw std::runtime_error("no answer to " + target);
    static const test::OpenApi described;
    if (auto operation = described.operation(method, target); !operation.empty()) {
      EXPECT_EQ(described.problems(operation, answer->status, answer->content_type, answer->body), "")
          << method << " " << target << "\n"
          << answer->body;
    }
    return *answer;
  }
  wire::json::object json(const net::HttpResponse& response) {
    return must(wire::parse(response.body)).as_object();
  }
  store::SweepId add_sweep() {
    auto tx = must(store_.begin());
    auto id = must(tx.create_sweep(store::a_sweep()));
    must(tx.commit());
    return id;
  }

  store::Store store_;
  boost::asio::io_context io;
  FakeEngine engine;
  Role anonymous = Role::none;
};

inline std::string header(const net::HttpResponse& response, const std::string& name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return "";
}

}  // namespace tripled::web
