-- The version before can't read what a store remembers: resumable uploads that were begun expire, the others go on. It does
-- not know the objects `<blob id>.incomplete-<number>` of the S3 store either: those of the uploads that expire here stay.
CREATE TEMPORARY TABLE stranded AS
SELECT id, owner, blob, reserved_bytes, idempotency_key, CAST(unixepoch('subsec') * 1000000 AS INTEGER) AS ended_at
FROM uploads
WHERE status = 'open' AND transport = 'resumable' AND (write_state IS NOT NULL OR offset_bytes > 0);

UPDATE blobs SET state = 'doomed', doomed_at = ended_at, due_at = ended_at
FROM stranded WHERE blobs.id = stranded.blob AND blobs.state = 'announced';

DELETE FROM idempotency_keys
WHERE file IS NULL AND attempt IN (SELECT blob FROM stranded WHERE idempotency_key IS NOT NULL);

UPDATE uploads SET status = 'expired', epoch = uploads.epoch + 1, reserved_bytes = 0, head = x'',
                   expires_at = ended_at + 86400000000
FROM stranded WHERE uploads.id = stranded.id;

UPDATE users SET reserved_bytes = max(users.reserved_bytes - given.bytes, 0)
FROM (SELECT owner, sum(reserved_bytes) AS bytes FROM stranded GROUP BY owner) AS given
WHERE users.id = given.owner;

DROP TABLE stranded;

ALTER TABLE uploads ADD COLUMN is_held INTEGER NOT NULL DEFAULT 0
    CONSTRAINT uploads_is_held CHECK (is_held IN (0, 1));
ALTER TABLE uploads ADD COLUMN next_part INTEGER NOT NULL DEFAULT 1
    CONSTRAINT uploads_next_part CHECK (next_part BETWEEN 0 AND 4294967295);
ALTER TABLE uploads ADD COLUMN tails TEXT NOT NULL DEFAULT '[]'
    CONSTRAINT uploads_tails CHECK (json_type(tails) = 'array');

UPDATE uploads SET is_held = is_locked;

ALTER TABLE uploads DROP COLUMN is_locked;
ALTER TABLE uploads DROP COLUMN write_state;
