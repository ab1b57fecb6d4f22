-- An execute job that took long is divided into shards with attempts of their own. The job that has the verdict is shard 0;
-- the others name it in shard_of.
ALTER TABLE jobs ADD COLUMN shard INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN shard_of INTEGER REFERENCES jobs (id) ON DELETE CASCADE;
DROP INDEX one_job_a_stage;
CREATE UNIQUE INDEX one_job_a_stage ON jobs (sweep, cell, stage, shard) WHERE cell IS NOT NULL;
CREATE INDEX jobs_by_shard ON jobs (shard_of) WHERE shard_of IS NOT NULL;
