-- Results of tests, from here on: what a binary lists is stored once, an attempt has what differs from "passed". The
-- tables tests and test_names hold what was written before; both are read.
--
-- The tests of one binary by name, once for all runs that report the same. doc: package, target, kind, tests.
CREATE TABLE test_lists (
  id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,  -- of what doc holds
  doc ANY NOT NULL
) STRICT;
-- One binary's part of an execute attempt. doc: durations (ms, one for each test of the list) and others: the tests that did
-- not simply pass, by their place in the list, with the numbers of test_states and test_failures (-1: none), flags
-- (1 flaky, 2 suspect) and message.
CREATE TABLE test_runs (
  attempt INTEGER NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  list INTEGER NOT NULL REFERENCES test_lists (id),
  doc ANY NOT NULL,
  PRIMARY KEY (attempt, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX test_runs_by_list ON test_runs (list);
