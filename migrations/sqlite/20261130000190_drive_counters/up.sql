-- The row of a user is the row of their personal drive: of its changes the last number, what is in the trash and in old versions, and
-- how many items there are.
ALTER TABLE users ADD COLUMN seq INTEGER NOT NULL DEFAULT 0 CHECK (seq >= 0);
ALTER TABLE users ADD COLUMN trash_bytes INTEGER NOT NULL DEFAULT 0 CHECK (trash_bytes >= 0);
ALTER TABLE users ADD COLUMN version_bytes INTEGER NOT NULL DEFAULT 0 CHECK (version_bytes >= 0);
ALTER TABLE users ADD COLUMN node_count INTEGER NOT NULL DEFAULT 1 CHECK (node_count >= 0);
