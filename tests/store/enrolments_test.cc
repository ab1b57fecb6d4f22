// One-time tokens: used once, by whom they are for, in time.
#include <gmock/gmock.h>

#include "tests/store/fixture.h"

namespace tripled::store {
namespace {

using testing::HasSubstr;

class Enrolments : public StoreTest {
 protected:
  Enrolments() : store_(open()) {}

  EnrolmentId add(const std::string& worker, const std::string& pool = "", const std::string& hash = "e-1") {
    EnrolmentRow row;
    row.hash = hash;
    row.worker = worker;
    row.pool = pool;
    row.created_at = 1000;
    row.created_by = "ann";
    row.expires_at = 5000;
    auto tx = must(store_.begin());
    auto id = must(tx.add_enrolment(row));
    must(tx.commit());
    return id;
  }

  Result<std::string> use(EnrolmentId id, const std::string& worker, UnixMs at, const std::string& hash) {
    TokenRow token;
    token.name = worker;
    token.hash = hash;
    token.created_at = at;
    auto tx = must(store_.begin());
    auto pool = tx.use_enrolment(id, token);
    if (pool) must(tx.commit());
    return pool;
  }

  Store store_;
};

TEST_F(Enrolments, AreGoodOnce) {
  auto id = add("", "linux");
  EXPECT_EQ(must(use(id, "w1", 2000, "h-1")), "linux");
  auto again = use(id, "w2", 2001, "h-2");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind(), ErrorKind::conflict);
  EXPECT_THAT(again.error().message(), HasSubstr("by worker `w1`"));
  EXPECT_THAT(again.error().message(), HasSubstr("ask for a new one"));
  auto tokens = must(reader().tokens());
  ASSERT_EQ(tokens.size(), 1u);
  expect_same(tokens[0], TokenRow{"w1", Role::worker, "h-1", 2000, {}, {}, "linux"});
  auto row = must(reader().enrolments()).at(0);
  EXPECT_EQ(row.used_at, 2000);
  EXPECT_EQ(row.used_by, "w1");
  EXPECT_EQ(row.created_by, "ann");
  expect_sound();
}

TEST_F(Enrolments, EndInTime) {
  auto id = add("");
  auto late = use(id, "w1", 5000, "h-1");
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().message(), HasSubstr("was good until 1970-01-01T00:00:05Z"));
  EXPECT_TRUE(must(reader().tokens()).empty());
  EXPECT_TRUE(use(id, "w1", 4999, "h-1"));
}

TEST_F(Enrolments, CanBeRevokedUntilTheyAreUsed) {
  auto id = add("");
  auto tx = must(store_.begin());
  must(tx.revoke_enrolment(id, 1500));
  EXPECT_EQ(tx.revoke_enrolment(id, 1501).error().kind(), ErrorKind::usage);
  EXPECT_EQ(tx.revoke_enrolment(77, 1501).error().kind(), ErrorKind::usage);
  must(tx.commit());
  auto refused = use(id, "w1", 2000, "h-1");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("was revoked at"));
}

TEST_F(Enrolments, AreForTheWorkerTheyName) {
  auto id = add("w1");
  auto other = use(id, "w2", 2000, "h-1");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().kind(), ErrorKind::usage);
  EXPECT_THAT(other.error().message(), HasSubstr("is for worker `w1`"));
  EXPECT_TRUE(use(id, "w1", 2000, "h-1")) << "a wrong name uses nothing up";
}

// Lost between commit and the worker's disk: a new one, by name, replaces what nobody has.
TEST_F(Enrolments, OnlyOneThatNamesTheWorkerReplacesItsToken) {
  must(use(add("", "", "e-1"), "w1", 2000, "h-1"));
  auto anybody = use(add("", "", "e-2"), "w1", 2001, "h-2");
  ASSERT_FALSE(anybody);
  EXPECT_EQ(anybody.error().kind(), ErrorKind::conflict);
  EXPECT_THAT(anybody.error().message(), HasSubstr("`tripled token enrol w1`"));
  EXPECT_TRUE(use(add("w1", "linux", "e-3"), "w1", 2002, "h-3"));
  expect_same(must(reader().tokens()).at(0), TokenRow{"w1", Role::worker, "h-3", 2002, {}, {}, "linux"});
  // Never a person's.
  auto tx = must(store_.begin());
  must(tx.add_token({"ci", Role::submitter, "h-4", 7, {}, {}}));
  must(tx.commit());
  EXPECT_EQ(use(add("ci", "", "e-4"), "ci", 2003, "h-5").error().kind(), ErrorKind::conflict);
}

}  // namespace
}  // namespace tripled::store
