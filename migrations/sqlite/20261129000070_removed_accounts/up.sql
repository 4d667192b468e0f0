-- When the account was removed. From then on no query finds the user; a job removes what they had, then the row.
ALTER TABLE users ADD COLUMN removed_at INTEGER;

-- Without tombstones: a batch costs what it takes, however many were taken before.
DROP INDEX blobs_by_owner;
CREATE INDEX blobs_kept_by_owner ON blobs (owner) WHERE state <> 'doomed';
