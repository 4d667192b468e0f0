-- When the account was removed. From then on no query finds the user; a job removes what they had, then the row.
ALTER TABLE users ADD COLUMN removed_at timestamptz;
-- Nearly empty, so that what leaves them out reads no other users.
CREATE INDEX users_removed_id_idx ON users (id) WHERE removed_at IS NOT NULL;

-- With the id, so that a batch is a walk along it.
CREATE INDEX blobs_owner_id_id_idx ON blobs (owner_id, id) WHERE state <> 'doomed';
DROP INDEX blobs_owner_id_idx;
