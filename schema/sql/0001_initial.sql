-- The store of the daemon (daemon/store): what every table means stands here, once.
--
-- Rules. Migrations are numbered files, forward only, one transaction each, never edited after a release; the number is
-- kept in user_version. Words are those of schema/model/enums.h, with `-` for `_`. Times are milliseconds since the
-- epoch, UTC. Ids are AUTOINCREMENT: never used twice, not even after a deletion. "" means none in texts that are not
-- references; references are NULL then.
-- Documents are JSON of the structs of schema/model (columns of type ANY): TEXT when small, else a BLOB of zstd.
-- What is asked for stands in columns of its own beside its document.
-- A row is written before it can be seen outside; a blob's file before the row that names it.

-- store_id, created_at, created_by, and what the daemon remembers by name.
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Blob files that are stored and synced: <state>/blobs/ab/cdef…
CREATE TABLE blobs (
  hash TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  kind TEXT NOT NULL,  -- log, evidence, …
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- origin: what makes it this project whatever the revision (path:/abs, git:URL, crate:NAME).
CREATE TABLE projects (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  origin TEXT NOT NULL,
  doc ANY NOT NULL,  -- Project, as last swept
  created_at INTEGER NOT NULL,
  UNIQUE (name, origin)
) STRICT;

CREATE TABLE sweeps (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project INTEGER NOT NULL REFERENCES projects (id),
  matrix_file TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'finished', 'interrupted')),
  partial INTEGER NOT NULL CHECK (partial IN (0, 1)),
  snapshot TEXT NOT NULL DEFAULT '',
  lock_hash TEXT NOT NULL DEFAULT '',
  revision TEXT NOT NULL DEFAULT '',
  prepare_log TEXT REFERENCES blobs (hash) ON DELETE SET NULL,
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  exit_status INTEGER
) STRICT;
CREATE INDEX sweeps_by_log ON sweeps (prepare_log) WHERE prepare_log IS NOT NULL;
CREATE INDEX sweeps_by_project ON sweeps (project, matrix_file, id);
CREATE INDEX sweeps_unfinished ON sweeps (id) WHERE state <> 'finished';

-- The large documents of a sweep: matrix (its text), plan (Plan without its cells: they are in cells), facts
-- (ToolchainFacts[]), prepare (PrepareResult), options (of the request).
CREATE TABLE sweep_docs (
  sweep INTEGER NOT NULL REFERENCES sweeps (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  doc ANY NOT NULL,
  PRIMARY KEY (sweep, kind)
) STRICT;

-- id is the readable text of its coordinates, equal from night to night. verdict NULL: not over.
CREATE TABLE cells (
  sweep INTEGER NOT NULL REFERENCES sweeps (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  group_name TEXT NOT NULL,
  triple TEXT NOT NULL,
  toolchain TEXT NOT NULL,
  setup_key TEXT NOT NULL DEFAULT '',
  plan_key TEXT NOT NULL DEFAULT '',
  verdict TEXT CHECK (verdict IN ('pass', 'fail', 'flaky', 'timeout', 'broken', 'suspect', 'blocked', 'excluded',
                                  'cancelled')),
  expectation TEXT NOT NULL DEFAULT 'none' CHECK (expectation IN ('none', 'met', 'unmet')),
  reason TEXT NOT NULL DEFAULT '',
  doc ANY NOT NULL,  -- Cell
  PRIMARY KEY (sweep, id)
) STRICT;

-- std, linker, sysroot and runner of one triple in one sweep. doc NULL: not done yet.
CREATE TABLE setups (
  sweep INTEGER NOT NULL REFERENCES sweeps (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  triple TEXT NOT NULL,
  toolchain TEXT NOT NULL,
  log_hash TEXT REFERENCES blobs (hash) ON DELETE SET NULL,
  doc ANY,  -- SetupResult
  PRIMARY KEY (sweep, key)
) STRICT;
CREATE INDEX setups_by_log ON setups (log_hash) WHERE log_hash IS NOT NULL;

-- The jobs of one lease. after: JSON array of batch ids that must be over first. lane: batches of one lane run one after
-- the other.
CREATE TABLE batches (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sweep INTEGER NOT NULL REFERENCES sweeps (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('prepare', 'setup', 'compile', 'execute')),
  cell TEXT,
  setup_key TEXT NOT NULL,
  after TEXT NOT NULL,
  lane TEXT NOT NULL,
  slots INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'done', 'cancelled', 'poison')),
  definition ANY NOT NULL,
  FOREIGN KEY (sweep, cell) REFERENCES cells (sweep, id)
) STRICT;
CREATE INDEX batches_by_sweep ON batches (sweep, cell);

-- One stage of one cell, or the one job of a prepare or setup batch (cell and stage NULL). outcome: of the decisive
-- attempt. carried_from: the job of an earlier sweep whose inputs (input_key) were equal. `doc` and `clippy` are reserved.
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sweep INTEGER NOT NULL REFERENCES sweeps (id) ON DELETE CASCADE,
  batch INTEGER REFERENCES batches (id),
  cell TEXT,
  stage TEXT CHECK (stage IN ('check', 'build', 'test-no-run', 'execute', 'doc', 'clippy')),
  state TEXT NOT NULL CHECK (state IN ('blocked', 'ready', 'leased', 'running', 'done', 'skipped', 'cancelled')),
  outcome TEXT CHECK (outcome IN ('exited', 'signalled', 'timed-out', 'no-output', 'could-not-start', 'cancelled',
                                  'worker-lost', 'not-run')),
  verdict TEXT CHECK (verdict IN ('pass', 'fail', 'flaky', 'timeout', 'broken', 'suspect', 'blocked', 'excluded',
                                  'cancelled')),
  expectation TEXT NOT NULL CHECK (expectation IN ('none', 'met', 'unmet')),
  implied INTEGER NOT NULL CHECK (implied IN (0, 1)),
  carried_from INTEGER REFERENCES jobs (id) ON DELETE SET NULL,
  input_key TEXT NOT NULL,
  reason TEXT NOT NULL,
  blocked_by TEXT NOT NULL,
  detail ANY NOT NULL,
  next_reason TEXT NOT NULL CHECK (next_reason IN ('first', 'infrastructure', 'verification', 'second-opinion',
                                                   'rerun')),  -- of the next attempt, should there be one
  started_at INTEGER,
  finished_at INTEGER,
  FOREIGN KEY (sweep, cell) REFERENCES cells (sweep, id),
  CHECK ((cell IS NULL) = (stage IS NULL))
) STRICT;
CREATE UNIQUE INDEX one_job_a_stage ON jobs (sweep, cell, stage) WHERE cell IS NOT NULL;
CREATE INDEX jobs_by_sweep ON jobs (sweep, cell);
CREATE INDEX jobs_by_batch ON jobs (batch);
CREATE INDEX jobs_by_input ON jobs (input_key) WHERE input_key <> '';
CREATE INDEX jobs_by_carried_from ON jobs (carried_from) WHERE carried_from IS NOT NULL;

-- A worker's time-limited right to a batch. The epoch grows at a grant. held: it has slots and locks (a revoked one does
-- until its worker confirms); at most one lease of a batch is held.
CREATE TABLE leases (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  batch INTEGER NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
  worker TEXT NOT NULL,
  instance TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('offered', 'active', 'completed', 'expired', 'revoked')),
  held INTEGER NOT NULL CHECK (held IN (0, 1)),
  granted_at INTEGER NOT NULL,
  ended_at INTEGER,
  reason TEXT NOT NULL,
  UNIQUE (batch, epoch)
) STRICT;
CREATE UNIQUE INDEX one_held_lease ON leases (batch) WHERE held = 1;

-- Lanes that are taken: by one cell, from the first grant of any of its batches until all of them are over.
CREATE TABLE lanes (
  lane TEXT PRIMARY KEY,
  sweep INTEGER NOT NULL,
  cell TEXT NOT NULL,
  FOREIGN KEY (sweep, cell) REFERENCES cells (sweep, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX lanes_by_cell ON lanes (sweep, cell);

-- One try of a job (of a shard of it). finished_at, outcome and result are set together, once.
CREATE TABLE attempts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  shard INTEGER NOT NULL,
  n INTEGER NOT NULL,
  reason TEXT NOT NULL CHECK (reason IN ('first', 'infrastructure', 'verification', 'second-opinion', 'rerun')),
  lease INTEGER REFERENCES leases (id),
  epoch INTEGER NOT NULL,
  worker TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  outcome TEXT CHECK (outcome IN ('exited', 'signalled', 'timed-out', 'no-output', 'could-not-start', 'cancelled',
                                  'worker-lost', 'not-run')),
  result ANY,  -- AttemptResult without its tests: they are in tests
  log_hash TEXT REFERENCES blobs (hash) ON DELETE SET NULL,
  evidence_hash TEXT REFERENCES blobs (hash) ON DELETE SET NULL,
  voided_at INTEGER,  -- its worker was found out to be wrong
  UNIQUE (job, shard, n),
  CHECK ((finished_at IS NULL) = (outcome IS NULL)),
  CHECK ((finished_at IS NULL) = (result IS NULL))
) STRICT;
CREATE INDEX attempts_by_lease ON attempts (lease);
CREATE INDEX attempts_by_log ON attempts (log_hash) WHERE log_hash IS NOT NULL;
CREATE INDEX attempts_by_evidence ON attempts (evidence_hash) WHERE evidence_hash IS NOT NULL;
CREATE TRIGGER one_result_an_attempt
BEFORE UPDATE OF finished_at, outcome, result ON attempts
WHEN OLD.finished_at IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'an attempt has exactly one result');
END;

-- The compile units of an attempt, as far as they are asked for; the whole of it stands in attempts.result.
CREATE TABLE units (
  attempt INTEGER NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  package TEXT NOT NULL,
  target TEXT NOT NULL,
  kind TEXT NOT NULL,
  harness INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  code TEXT NOT NULL,  -- of its first error: E0432
  PRIMARY KEY (attempt, ordinal)
) STRICT, WITHOUT ROWID;

-- Every test ever listed, once: results name it by number.
CREATE TABLE test_names (
  id INTEGER PRIMARY KEY,
  package TEXT NOT NULL,
  target TEXT NOT NULL,
  kind TEXT NOT NULL,
  test TEXT NOT NULL,
  UNIQUE (test, package, target, kind)
) STRICT;

-- What the numbers in tests mean; never renumbered.
CREATE TABLE test_states (code INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO test_states VALUES (0, 'passed'), (1, 'failed'), (2, 'ignored'), (3, 'timed-out'), (4, 'crashed'),
                               (5, 'not-run');
CREATE TABLE test_failures (code INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO test_failures VALUES (0, 'assert'), (1, 'panic'), (2, 'signal'), (3, 'timeout'), (4, 'crash');

-- The tests of an execute attempt, in the order they were reported. flags: 1 flaky, 2 suspect. message NULL: none.
-- Millions of rows: numbers, not words.
CREATE TABLE tests (
  attempt INTEGER NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  name INTEGER NOT NULL REFERENCES test_names (id),
  state INTEGER NOT NULL,
  failure INTEGER,
  flags INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  message ANY,
  PRIMARY KEY (attempt, ordinal)
) STRICT, WITHOUT ROWID;

-- Results that came too late (an older epoch) or twice: kept as a log, never as a result. attempt is no reference: it
-- may be one that this store never knew.
CREATE TABLE stale_results (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  attempt INTEGER NOT NULL,
  worker TEXT NOT NULL,
  instance TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  why TEXT NOT NULL,
  log_hash TEXT REFERENCES blobs (hash) ON DELETE SET NULL,
  received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX stale_results_by_log ON stale_results (log_hash) WHERE log_hash IS NOT NULL;

-- What happened, in order, for live followers; the oldest are pruned.
CREATE TABLE events (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  sweep INTEGER REFERENCES sweeps (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  json TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX events_by_sweep ON events (sweep, sequence);

CREATE TABLE workers (
  name TEXT PRIMARY KEY,
  instance TEXT NOT NULL,
  last_seen INTEGER NOT NULL,
  facts ANY NOT NULL
) STRICT;

-- Workers that get nothing until a person says so, and why. A worker need not be known in workers.
CREATE TABLE quarantines (
  worker TEXT PRIMARY KEY,
  why TEXT NOT NULL,
  since INTEGER NOT NULL
) STRICT;

-- Every change made by a person or token.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  who TEXT NOT NULL,
  what TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
