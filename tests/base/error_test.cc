// Errors, and what the macros of result.h make of them.
#include <gtest/gtest.h>

#include <cerrno>

#include "schema/base/result.h"

namespace tripled {
namespace {

TEST(Error, WithContextKeepsItsKindAndSaysBoth) {
  const Error inner = config_error("matrix.yaml:17:5: unknown key `triplse`");
  const Error outer = inner.with("loading matrix");
  EXPECT_EQ(outer.kind(), ErrorKind::config);
  EXPECT_EQ(outer.message(), "loading matrix: matrix.yaml:17:5: unknown key `triplse`");
  EXPECT_EQ(outer.with("plan").message(), "plan: " + outer.message());
  EXPECT_EQ(inner.message(), "matrix.yaml:17:5: unknown key `triplse`");
}

TEST(Error, MakersGiveTheirKind) {
  EXPECT_EQ(usage_error("x").kind(), ErrorKind::usage);
  EXPECT_EQ(config_error("x").kind(), ErrorKind::config);
  const Error io = io_error("opening /x", ENOENT);
  EXPECT_EQ(io.kind(), ErrorKind::io);
  EXPECT_EQ(io.message(), "opening /x: No such file or directory");
}

TEST(Result, ValueOfAnErrorThrowsIt) {
  const Result<int> refused = Error(ErrorKind::conflict, "held by pid 7");
  try {
    static_cast<void>(refused.value());
    FAIL() << "no exception";
  } catch (const ErrorException& e) {
    EXPECT_EQ(e.error.kind(), ErrorKind::conflict);
    EXPECT_STREQ(e.what(), "held by pid 7");
  }
}

Result<int> half(int n) {
  if (n % 2 != 0) return usage_error(std::to_string(n) + " is odd");
  return n / 2;
}

Result<int> quarter(int n, int& evaluated) {
  TRIPLED_ASSIGN(int once, half((++evaluated, n)));
  TRIPLED_TRY(half(once));
  return once / 2;
}

TEST(Result, MacrosReturnTheFirstErrorAndEvaluateOnce) {
  int evaluated = 0;
  EXPECT_EQ(quarter(12, evaluated).value(), 3);
  EXPECT_EQ(evaluated, 1);
  EXPECT_EQ(quarter(7, evaluated).error().message(), "7 is odd");
  EXPECT_EQ(quarter(6, evaluated).error().message(), "3 is odd");
}

TEST(CheckDeathTest, BrokenInvariantSaysWhereAndAborts) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(TRIPLED_CHECK(1 + 1 == 3), "internal error: 1 \\+ 1 == 3 does not hold \\(.*error_test.cc:");
}

}  // namespace
}  // namespace tripled
