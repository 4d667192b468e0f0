ALTER TABLE uploads
    DROP COLUMN parent_id,
    DROP COLUMN path,
    DROP COLUMN on_conflict,
    DROP COLUMN strict_parent,
    DROP COLUMN modified_at;
