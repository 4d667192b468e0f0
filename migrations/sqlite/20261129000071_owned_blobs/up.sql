-- Without tombstones: a batch of a removed account's blobs costs what it takes, however many were taken before.
DROP INDEX blobs_by_owner;
CREATE INDEX blobs_kept_by_owner ON blobs (owner) WHERE state <> 'doomed';
