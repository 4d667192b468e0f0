-- When the account was removed. From then on no query finds the user; a job removes what they had, then the row.
ALTER TABLE users ADD COLUMN removed_at timestamptz;
-- Nearly empty, so that what leaves them out reads no other users.
CREATE INDEX users_removed_id_idx ON users (id) WHERE removed_at IS NOT NULL;
