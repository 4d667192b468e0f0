ALTER TABLE uploads DROP COLUMN modified_at;
ALTER TABLE uploads DROP COLUMN strict_parent;
ALTER TABLE uploads DROP COLUMN on_conflict;
ALTER TABLE uploads DROP COLUMN path;
ALTER TABLE uploads DROP COLUMN parent;
