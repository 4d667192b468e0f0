-- The program's own types see to these. A CHECK is read from its text and evaluated by every statement that writes a row,
-- whichever columns it sets. One table each, so that this waits for no two of the locks of a unit of work.
ALTER TABLE files
    DROP CONSTRAINT files_size_bytes_check,
    DROP CONSTRAINT files_sha256_check,
    DROP CONSTRAINT files_thumbnail_state_check,
    DROP CONSTRAINT files_thumbnail_width_check,
    DROP CONSTRAINT files_thumbnail_height_check,
    DROP CONSTRAINT files_thumbnail_failures_check,
    DROP CONSTRAINT files_revision_check;
