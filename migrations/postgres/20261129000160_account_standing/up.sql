-- Since when the account is suspended: it can't log in. Without a default, so that no row is written.
ALTER TABLE users ADD COLUMN suspended_at timestamptz;
-- The user's own quota; none: the quota of the configuration.
ALTER TABLE users ADD COLUMN quota_bytes bigint;
-- Nearly empty, so that admins are found among any number of users.
CREATE INDEX users_admin_id_idx ON users (id) WHERE role = 'admin';
