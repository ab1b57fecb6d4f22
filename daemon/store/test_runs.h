// How the results of tests are stored (0006_test_runs.sql): one list of names a binary, and of each attempt
// what differs from "passed". Private to daemon/store.
#pragma once
#include <string>
#include <vector>

#include "daemon/store/connection.h"
#include "schema/model/result.h"

namespace tripled::store {

struct TestNames {
  std::string package, target, kind;
  std::vector<std::string> tests;  // by name; one may stand there twice
};
BOOST_DESCRIBE_STRUCT(TestNames, (), (package, target, kind, tests))

struct OtherResult {
  std::int64_t test = 0;  // its place in the list
  int state = 0, failure = -1, flags = 0;
  std::string message;
};
BOOST_DESCRIBE_STRUCT(OtherResult, (), (test, state, failure, flags, message))

struct TestRun {
  std::vector<std::int64_t> durations;
  std::vector<OtherResult> others;
};
BOOST_DESCRIBE_STRUCT(TestRun, (), (durations, others))

struct BinaryRun {
  TestNames names;
  TestRun run;
};

// By binary, in the order in which these first appear; the tests of one by name.
std::vector<BinaryRun> runs_of(std::vector<TestResult> tests);
// The way back. store error: the run is not of this list.
Status append_results(const TestNames& names, TestRun run, std::vector<TestResult>& out);
std::string hash_of(const TestNames& names);

// All of one attempt, of both ways in which they were stored.
Status read_tests(Connection& db, std::int64_t attempt, std::vector<TestResult>& out);

// What an execute job of `sweep` listed: called for each test, several times for one that several attempts
// ran.
struct Listing {
  std::string cell;
  const TestNames& of;
  const std::string& test;
  bool ignored = false;
};
Status read_listed(Connection& db, std::int64_t sweep, const std::function<void(const Listing&)>& listed);

}  // namespace tripled::store
