ALTER TABLE users DROP COLUMN node_count;
ALTER TABLE users DROP COLUMN version_bytes;
ALTER TABLE users DROP COLUMN trash_bytes;
ALTER TABLE users DROP COLUMN seq;
