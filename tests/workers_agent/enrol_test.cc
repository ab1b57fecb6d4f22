// A worker exchanges a token that is good once for one of its own, and keeps it for itself.
#include "workers/agent/enrol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "schema/base/file.h"
#include "schema/wire/json.h"
#include "tests/workers_agent/upload_server.h"

namespace tripled::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Enrol : public ::testing::Test {
 protected:
  Enrol() : state_((fs::temp_directory_path() / "tripled-enrol-XXXXXX").string()) {
    if (::mkdtemp(state_.data()) == nullptr) throw std::runtime_error("mkdtemp");
  }
  ~Enrol() override {
    std::error_code ec;
    fs::remove_all(state_, ec);
  }
  Result<std::string> enrol(const UploadServer& server, const fs::path& state) {
    return agent::enrol({"127.0.0.1", server.port(), "good once"}, "w1", state);
  }
  fs::path file() const { return fs::path(state_) / "worker.token"; }
  std::string state_;
};

TEST_F(Enrol, KeepsItsTokenForItself) {
  UploadServer server({Answer{Answer::status, 201, R"({"worker": "w1", "pool": null, "token": "own"})"}});
  EXPECT_EQ(agent::own_token(state_).value(), "");
  auto token = enrol(server, state_);
  ASSERT_TRUE(token) << token.error().message();
  EXPECT_EQ(*token, "own");
  EXPECT_EQ(agent::own_token(state_).value(), "own");
  struct stat secret {};
  ASSERT_EQ(::stat(file().c_str(), &secret), 0);
  EXPECT_EQ(secret.st_mode & 07777, 0600u);
  const auto asked = server.uploads().at(0);
  EXPECT_EQ(asked.method + " " + asked.target, "POST /api/v1/enrol");
  EXPECT_EQ(asked.authorization, "Bearer good once");
  EXPECT_EQ(wire::parse(asked.body).value().at("worker"), "w1");
  EXPECT_EQ(std::distance(fs::directory_iterator(state_), fs::directory_iterator()), 1) << "nothing half";
}

TEST_F(Enrol, SaysWhatTheDaemonSays) {
  UploadServer server({Answer{Answer::status, 409, R"({"detail": "it was used: ask for a new one"})"},
                       Answer{Answer::status, 401, ""}, Answer{Answer::status, 500, "oops"}});
  auto used = enrol(server, state_);
  ASSERT_FALSE(used);
  EXPECT_EQ(used.error().kind(), ErrorKind::usage);
  EXPECT_THAT(used.error().message(), HasSubstr("ask for a new one"));
  EXPECT_THAT(enrol(server, state_).error().message(), HasSubstr("does not know this enrolment token"));
  EXPECT_THAT(enrol(server, state_).error().message(), HasSubstr("status 500"));
  EXPECT_FALSE(fs::exists(file()));
  EXPECT_TRUE(fs::is_empty(state_));
}

// The answer is lost: nobody knows whether the daemon has given a token out.
TEST_F(Enrol, ALostAnswerSaysWhatToDo) {
  UploadServer server({Answer{Answer::garbage, 0, ""}});
  auto lost = enrol(server, state_);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind(), ErrorKind::io);
  EXPECT_THAT(lost.error().message(), HasSubstr("ask for a new one (`tripled token enrol w1`)"));
  EXPECT_EQ(server.connections(), 1u) << "it is good once: not tried again by itself";
}

TEST_F(Enrol, AsksForNothingThatItCannotKeep) {
  UploadServer server({Answer{Answer::status, 201, R"({"token": "own"})"}});
  const auto in_the_way = fs::path(state_) / "file";
  ASSERT_TRUE(write_file_atomically(in_the_way, "x"));
  auto refused = enrol(server, in_the_way / "state");
  ASSERT_FALSE(refused);
  EXPECT_EQ(server.connections(), 0u);
}

}  // namespace
}  // namespace tripled::test
