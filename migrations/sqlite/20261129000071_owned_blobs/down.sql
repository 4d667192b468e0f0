DROP INDEX blobs_kept_by_owner;
CREATE INDEX blobs_by_owner ON blobs (owner);
