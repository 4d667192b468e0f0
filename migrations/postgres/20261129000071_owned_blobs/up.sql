-- With the id, so that a batch of a removed account's blobs is a walk along it.
CREATE INDEX blobs_owner_id_id_idx ON blobs (owner_id, id) WHERE state <> 'doomed';
DROP INDEX blobs_owner_id_idx;
