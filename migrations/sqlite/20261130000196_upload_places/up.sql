-- Where the file of an upload goes: as it was asked for, for what it names may go away meanwhile.
ALTER TABLE uploads ADD COLUMN parent BLOB CHECK (length(parent) = 16);
ALTER TABLE uploads ADD COLUMN path TEXT NOT NULL DEFAULT '';
ALTER TABLE uploads ADD COLUMN on_conflict TEXT NOT NULL DEFAULT 'rename' CHECK (on_conflict IN ('fail', 'rename', 'replace'));
ALTER TABLE uploads ADD COLUMN strict_parent INTEGER NOT NULL DEFAULT 0 CHECK (strict_parent IN (0, 1));
ALTER TABLE uploads ADD COLUMN modified_at INTEGER;
