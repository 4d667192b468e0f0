CREATE INDEX blobs_owner_id_idx ON blobs (owner_id) WHERE state <> 'doomed';
DROP INDEX blobs_owner_id_id_idx;
