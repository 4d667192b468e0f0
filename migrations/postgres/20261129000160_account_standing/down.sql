DROP INDEX users_admin_id_idx;
ALTER TABLE users DROP COLUMN quota_bytes;
ALTER TABLE users DROP COLUMN suspended_at;
