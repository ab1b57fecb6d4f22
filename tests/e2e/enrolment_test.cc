// A worker that was never told a secret for good: it gets a token of its own for one that is good once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <thread>

#include "schema/base/file.h"
#include "schema/base/text.h"
#include "tests/e2e/fleet.h"

namespace tripled::e2e {
namespace {

namespace fs = std::filesystem;
namespace json = wire::json;
using testing::HasSubstr;
using testing::Not;

class Enrolment : public ::testing::Test {
 protected:
  Enrolment() : served_(dir_.path(), dir_.path() / "projects", options()) {}

  static ServeOptions options() {
    ServeOptions out;
    out.local_slots = 0;
    return out;
  }
  // As a person makes it: only the token is printed.
  std::string enrolment_token(std::vector<std::string> more) {
    std::vector<std::string> args{"token", "enrol"};
    args.insert(args.end(), more.begin(), more.end());
    args.insert(args.end(), {"--server", "http://127.0.0.1:" + std::to_string(served_.port()), "--token-file",
                             (dir_.path() / "state/admin.token").string()});
    auto made = run_tripled(dir_.path(), args);
    EXPECT_EQ(made.status, 0) << made.err;
    return std::string(trim(made.out));
  }
  // In directories of its own below dir/ALIAS.
  std::unique_ptr<Started> start(const std::string& name, const std::string& alias, const std::string& token,
                                 std::vector<std::string> more = {}) {
    const auto own = dir_.path() / alias;
    fs::create_directories(own);
    write_files(own, {{"enrol.token", token + "\n"}});
    std::vector<std::string> args{"--daemon", "127.0.0.1:" + std::to_string(served_.port()),
                                  "--name",   name,
                                  "--cache",  (own / "cache").string(),
                                  "--state",  own.string(),
                                  "--enrol",  (own / "enrol.token").string()};
    args.insert(args.end(), more.begin(), more.end());
    return std::make_unique<Started>(own, args, std::map<std::string, std::string>{}, fs::path(),
                                     worker_program());
  }
  bool is_connected(const std::string& name) const {
    auto body = served_.ask("GET", "/api/v1/workers").json();
    for (const auto& worker : body.at("workers").as_array())
      if (text(worker.at("name")) == name && worker.at("connected").as_bool()) return true;
    return false;
  }
  std::string kept_by(const std::string& alias) const {
    auto kept = read_file(dir_.path() / alias / "worker.token", 4096);
    return kept ? std::string(trim(*kept)) : std::string();
  }

  TemporaryDirectory dir_;
  Served served_;
};

TEST_F(Enrolment, AWorkerGetsATokenOfItsOwnOnce) {
  const auto once = enrolment_token({"--pool", "linux"});
  auto first = start("w1", "w1", once, {"--pool", "linux"});
  ASSERT_TRUE(Fleet::eventually([&] { return is_connected("w1"); })) << first->err_so_far();
  const auto own = kept_by("w1");
  EXPECT_EQ(own.size(), 64u);
  struct stat secret {};
  ASSERT_EQ(::stat((dir_.path() / "w1/worker.token").c_str(), &secret), 0);
  EXPECT_EQ(secret.st_mode & 07777, 0600u);

  // A second use is refused, and says what to do.
  auto thief = start("w2", "w2", once)->wait(60);
  EXPECT_EQ(thief.status, 2);
  EXPECT_THAT(thief.err, HasSubstr("by worker `w1`"));
  EXPECT_THAT(thief.err, HasSubstr("ask for a new one"));
  EXPECT_EQ(kept_by("w2"), "");

  // Started again it needs no enrolment; in another pool it is not let in.
  first->signal(SIGTERM);
  EXPECT_EQ(first->wait(60).status, 0);
  auto again = start("w1", "w1", once, {"--pool", "linux"});
  EXPECT_TRUE(Fleet::eventually([&] { return is_connected("w1"); })) << again->err_so_far();
  again->signal(SIGTERM);
  again->wait(60);
  auto elsewhere = start("w1", "w1", once, {"--pool", "other"})->wait(60);
  EXPECT_EQ(elsewhere.status, 1);
  EXPECT_THAT(elsewhere.err, HasSubstr("the token is for pool `linux`"));

  // Everything of it stands in the audit table, and no secret anywhere.
  const auto audit = served_.ask("GET", "/api/v1/audit").body;
  for (const char* what : {"add enrolment", "\"enrol\"", "refuse enrolment"})
    EXPECT_THAT(audit, HasSubstr(what));
  const auto tokens = served_.ask("GET", "/api/v1/tokens").body;
  const auto log = served_.process().err_so_far();
  for (const auto& text : {audit, tokens, log, thief.err, elsewhere.err})
    for (const auto& token : {once, own}) EXPECT_THAT(text, Not(HasSubstr(token)));
  EXPECT_THAT(tokens, HasSubstr("\"used_by\": \"w1\""));
}

TEST_F(Enrolment, ExpiredRevokedAndForeignOnesAreRefused) {
  const auto brief = enrolment_token({"--expires", "1s"});
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_THAT(start("w1", "w1", brief)->wait(60).err, HasSubstr("was good until"));
  const auto named = enrolment_token({"w9"});
  EXPECT_THAT(start("w1", "w1", named)->wait(60).err, HasSubstr("is for worker `w9`"));
  EXPECT_EQ(served_.ask("DELETE", "/api/v1/enrolments/2").status, 204u);
  EXPECT_THAT(start("w9", "w9", named)->wait(60).err, HasSubstr("was revoked at"));
  EXPECT_THAT(start("w1", "w1", "nonsense")->wait(60).err, HasSubstr("does not know this enrolment token"));
}

// The worker lost its own token: only an enrolment that names it gives it another one, and the old one ends.
TEST_F(Enrolment, AWorkerThatLostItsTokenIsEnrolledAgainByName) {
  auto first = start("w1", "w1", enrolment_token({}));
  ASSERT_TRUE(Fleet::eventually([&] { return is_connected("w1"); })) << first->err_so_far();
  EXPECT_THAT(start("w1", "lost", enrolment_token({}))->wait(60).err, HasSubstr("`tripled token enrol w1`"));
  auto second = start("w1", "lost", enrolment_token({"w1"}));
  EXPECT_EQ(first->wait(60).status, 1);
  EXPECT_THAT(first->err_so_far(), HasSubstr("its token was revoked or replaced"));
  EXPECT_TRUE(Fleet::eventually([&] { return is_connected("w1"); })) << second->err_so_far();
  EXPECT_NE(kept_by("w1"), kept_by("lost"));
  // Revoked, it is shown the door.
  EXPECT_EQ(served_.ask("DELETE", "/api/v1/tokens/w1").status, 204u);
  EXPECT_EQ(second->wait(60).status, 1);
}

// Two exchanges at once: exactly one wins.
TEST_F(Enrolment, OfTwoAtOnceOneWins) {
  for (int round = 0; round < 5; ++round) {
    const auto once = enrolment_token({});
    std::vector<ApiAnswer> answers(4);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < answers.size(); ++i)
      threads.emplace_back([&, i] {
        answers[i] =
            served_.ask("POST", "/api/v1/enrol",
                        R"({"worker": "r)" + std::to_string(round) + "-" + std::to_string(i) + R"("})", once);
      });
    for (auto& thread : threads) thread.join();
    int won = 0;
    for (const auto& answer : answers) {
      won += answer.status == 201u;
      EXPECT_TRUE(answer.status == 201u || answer.status == 409u) << answer.status << answer.body;
    }
    EXPECT_EQ(won, 1);
  }
  auto listed = served_.ask("GET", "/api/v1/tokens").json();
  EXPECT_EQ(listed.at("tokens").as_array().size(), 1u + 5u);
}

}  // namespace
}  // namespace tripled::e2e
