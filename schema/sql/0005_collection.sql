-- What else a sweep needs while it runs and afterwards: blobs of kind snapshot and archive.
CREATE TABLE sweep_blobs (
  sweep INTEGER NOT NULL REFERENCES sweeps (id) ON DELETE CASCADE,
  hash TEXT NOT NULL REFERENCES blobs (hash) ON DELETE CASCADE,
  PRIMARY KEY (sweep, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX sweep_blobs_by_hash ON sweep_blobs (hash);
-- For the collection of files: bytes of a class, and what a cell's verdicts were from night to night.
CREATE INDEX blobs_by_kind ON blobs (kind, size);
CREATE INDEX cells_by_verdict ON cells (id, sweep, verdict);
