-- Without tombstones: a batch of a removed account's blobs costs what it takes, however many were taken before. Where the migration
-- before was applied in its first form, it did this already.
DROP INDEX IF EXISTS blobs_by_owner;
CREATE INDEX IF NOT EXISTS blobs_kept_by_owner ON blobs (owner) WHERE state <> 'doomed';
