-- The version before can't read what a store remembers: resumable uploads that were begun expire, the others go on. It does
-- not know the objects `<blob id>.incomplete-<number>` of the S3 store either: those of the uploads that expire here stay.
WITH stranded AS MATERIALIZED (
    SELECT id, owner_id, blob_id, reserved_bytes, idempotency_key FROM uploads
    WHERE status = 'open' AND transport = 'resumable' AND (write_state IS NOT NULL OR offset_bytes > 0)
    FOR UPDATE
), cancelled AS (
    UPDATE blobs SET state = 'doomed', doomed_at = now(), due_at = now()
    FROM stranded WHERE blobs.id = stranded.blob_id AND blobs.state = 'announced'
), freed AS (
    DELETE FROM idempotency_keys USING stranded
    WHERE idempotency_keys.attempt_id = stranded.blob_id AND idempotency_keys.file_id IS NULL
      AND stranded.idempotency_key IS NOT NULL
), given_back AS (
    UPDATE users SET reserved_bytes = greatest(users.reserved_bytes - given.bytes, 0)
    FROM (SELECT owner_id, sum(reserved_bytes)::bigint AS bytes FROM stranded GROUP BY owner_id) AS given
    WHERE users.id = given.owner_id
)
UPDATE uploads SET status = 'expired', epoch = uploads.epoch + 1, reserved_bytes = 0, head = '',
                   expires_at = now() + interval '1 day'
FROM stranded WHERE uploads.id = stranded.id;

ALTER TABLE uploads
    ADD COLUMN next_part bigint NOT NULL DEFAULT 1
        CONSTRAINT uploads_next_part_check CHECK (next_part BETWEEN 0 AND 4294967295),
    ADD COLUMN tails jsonb NOT NULL DEFAULT '[]' CONSTRAINT uploads_tails_check CHECK (jsonb_typeof(tails) = 'array');
ALTER TABLE uploads
    ALTER COLUMN next_part DROP DEFAULT,
    ALTER COLUMN tails DROP DEFAULT,
    DROP COLUMN write_state;
ALTER TABLE uploads RENAME COLUMN is_locked TO is_held;
