-- The rows keep to them: nothing else was ever written.
ALTER TABLE users DROP CONSTRAINT users_counters_check;
ALTER TABLE users
    ADD CONSTRAINT users_role_check CHECK (role IN ('user', 'admin')),
    ADD CONSTRAINT users_used_bytes_check CHECK (used_bytes >= 0),
    ADD CONSTRAINT users_reserved_bytes_check CHECK (reserved_bytes >= 0),
    ADD CONSTRAINT users_file_count_check CHECK (file_count >= 0);
