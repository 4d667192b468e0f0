-- The row of a user is the row of their personal drive: of its changes the last number, what is in the trash and in old versions, and
-- how many items there are.
ALTER TABLE users
    ADD COLUMN seq bigint NOT NULL DEFAULT 0,
    ADD COLUMN trash_bytes bigint NOT NULL DEFAULT 0,
    ADD COLUMN version_bytes bigint NOT NULL DEFAULT 0,
    ADD COLUMN node_count bigint NOT NULL DEFAULT 1;
-- Not checked against the rows that are there, which have the defaults.
ALTER TABLE users
    ADD CONSTRAINT users_drive_check CHECK (least(seq, trash_bytes, version_bytes, node_count) >= 0) NOT VALID;
