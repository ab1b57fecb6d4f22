-- Who may speak to the service. hash: SHA-256 of the token, which is 256 random bits and therefore needs no salt. A revoked
-- token keeps its row: the audit table names it.
CREATE TABLE tokens (
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'submitter', 'worker', 'admin')),
  hash TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  last_seen INTEGER,
  revoked_at INTEGER
) STRICT;
