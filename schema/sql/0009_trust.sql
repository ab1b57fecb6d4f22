-- One-time tokens by which a worker gets a token of its own. hash: as in tokens. worker: who alone may use it, and whose token
-- it may replace; '': whoever has no token yet. used_by: the worker that has one now. What was used, revoked or is past
-- expires_at keeps its row: so it is told what became of it.
CREATE TABLE enrolments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash TEXT NOT NULL UNIQUE,
  worker TEXT NOT NULL,
  pool TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER,
  used_by TEXT NOT NULL DEFAULT '',
  revoked_at INTEGER
) STRICT;

-- pool: the only one that a worker with this token is of; '': any.
ALTER TABLE tokens ADD COLUMN pool TEXT NOT NULL DEFAULT '';

-- 1: it was reopened because a worker that it rests on was found out to be wrong.
ALTER TABLE job_verdicts ADD COLUMN voided INTEGER NOT NULL DEFAULT 0 CHECK (voided IN (0, 1));
