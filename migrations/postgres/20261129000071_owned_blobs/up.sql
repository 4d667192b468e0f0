-- With the id, so that a batch of a removed account's blobs is a walk along it. Where the migration before was applied in its first form,
-- it did this already.
CREATE INDEX IF NOT EXISTS blobs_owner_id_id_idx ON blobs (owner_id, id) WHERE state <> 'doomed';
DROP INDEX IF EXISTS blobs_owner_id_idx;
