-- What was concluded of a job before it was reopened (`rerun`), so that it stays readable. Attempts of the job up to
-- last_attempt belong to that verdict (0: it had none); the job's own row tells of those behind it. who: who asked for the
-- rerun, as in audit.
CREATE TABLE job_verdicts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  last_attempt INTEGER NOT NULL,
  verdict TEXT CHECK (verdict IN ('pass', 'fail', 'flaky', 'timeout', 'broken', 'suspect', 'blocked', 'excluded',
                                  'cancelled')),
  expectation TEXT NOT NULL CHECK (expectation IN ('none', 'met', 'unmet')),
  reason TEXT NOT NULL,
  blocked_by TEXT NOT NULL,
  finished_at INTEGER,
  reopened_at INTEGER NOT NULL,
  who TEXT NOT NULL
) STRICT;
CREATE INDEX job_verdicts_by_job ON job_verdicts (job, id);
