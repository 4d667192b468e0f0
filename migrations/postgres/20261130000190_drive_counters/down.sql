ALTER TABLE users
    DROP COLUMN seq,
    DROP COLUMN trash_bytes,
    DROP COLUMN version_bytes,
    DROP COLUMN node_count;
