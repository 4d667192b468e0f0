-- The program's own types see to these. A CHECK is read from its text and evaluated by every statement that writes a row,
-- whichever columns it sets. One table each, so that this waits for no two of the locks of a unit of work.
ALTER TABLE blobs
    DROP CONSTRAINT blobs_bucket_check,
    DROP CONSTRAINT blobs_state_check,
    DROP CONSTRAINT blobs_reserved_bytes_check,
    DROP CONSTRAINT blobs_size_bytes_check;
