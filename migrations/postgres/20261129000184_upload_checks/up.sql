-- The program's own types see to these. A CHECK is read from its text and evaluated by every statement that writes a row,
-- whichever columns it sets. One table each, so that this waits for no two of the locks of a unit of work.
ALTER TABLE uploads
    DROP CONSTRAINT uploads_transport_check,
    DROP CONSTRAINT uploads_promised_sha256_check,
    DROP CONSTRAINT uploads_idempotency_key_check,
    DROP CONSTRAINT uploads_length_bytes_check,
    DROP CONSTRAINT uploads_offset_bytes_check,
    DROP CONSTRAINT uploads_reserved_bytes_check,
    DROP CONSTRAINT uploads_epoch_check,
    DROP CONSTRAINT uploads_status_check;
