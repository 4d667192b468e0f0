-- The user whom a job works for: users share the workers. Null for housekeeping, which has no entry in these indexes.
ALTER TABLE jobs ADD COLUMN owner BLOB CONSTRAINT jobs_owner CHECK (length(owner) = 16);
CREATE INDEX jobs_by_owner ON jobs (owner, priority DESC, run_at, id) WHERE dead = 0 AND owner IS NOT NULL;
CREATE INDEX jobs_running ON jobs (owner) WHERE lease_until IS NOT NULL AND owner IS NOT NULL;
