// The numbers of the tables tests, test_states and test_failures: never renumbered (0001_initial.sql,
// 0002_skipped_tests.sql). Private to daemon/store.
#pragma once
#include <cstdint>
#include <optional>

#include "schema/model/result.h"

namespace tripled::store {

constexpr int code_of(TestState state) {
  switch (state) {
    case TestState::passed:
      return 0;
    case TestState::failed:
      return 1;
    case TestState::ignored:
      return 2;
    case TestState::timed_out:
      return 3;
    case TestState::crashed:
      return 4;
    case TestState::not_run:
      return 5;
    case TestState::skipped:
      return 6;
  }
  return 5;
}

constexpr int code_of(TestFailureKind kind) {
  switch (kind) {
    case TestFailureKind::assert_:
      return 0;
    case TestFailureKind::panic:
      return 1;
    case TestFailureKind::signal:
      return 2;
    case TestFailureKind::timeout:
      return 3;
    case TestFailureKind::crash:
      return 4;
  }
  return 4;
}

template <class E>
std::optional<E> from_code(std::int64_t code) {
  std::optional<E> out;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto d) {
    if (code_of(d.value) == code) out = d.value;
  });
  return out;
}

constexpr int flags_of(const TestResult& test) { return (test.flaky ? 1 : 0) | (test.suspect ? 2 : 0); }

}  // namespace tripled::store
