ALTER TABLE uploads RENAME COLUMN is_held TO is_locked;
-- Of a resumable upload: what the store has to remember of its unfinished blob. Null before the blob is begun.
ALTER TABLE uploads ADD COLUMN write_state bytea;

-- The disk and the memory store write at the offset and remember nothing: their uploads go on.
UPDATE uploads SET write_state = ''
WHERE status = 'open' AND transport = 'resumable' AND write_name IN ('file', 'memory') AND tails = '[]';

-- The store can't go on from the parts and tails of other uploads that were begun. They expire as they do when their time is
-- over: the reservation is given back, the key is free again, and the sweep discards the blobs.
WITH stranded AS MATERIALIZED (
    SELECT id, owner_id, blob_id, reserved_bytes, idempotency_key, tails FROM uploads
    WHERE status = 'open' AND transport = 'resumable' AND write_state IS NULL
      AND (write_name IS NOT NULL OR tails <> '[]' OR offset_bytes > 0)
    FOR UPDATE
), cancelled AS (
    UPDATE blobs SET state = 'doomed', doomed_at = now(), due_at = now()
    FROM stranded WHERE blobs.id = stranded.blob_id AND blobs.state = 'announced'
), doomed AS (
    UPDATE blobs SET state = 'doomed', doomed_at = now(), due_at = now()
    WHERE state <> 'doomed'
      AND id IN (SELECT (tail ->> 'blob')::uuid FROM stranded, jsonb_array_elements(stranded.tails) AS tail)
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

-- From now on both are of direct uploads alone.
UPDATE uploads SET write_name = NULL WHERE transport = 'resumable' AND write_name IS NOT NULL;
DELETE FROM upload_parts USING uploads WHERE upload_parts.upload_id = uploads.id AND uploads.transport = 'resumable';

ALTER TABLE uploads DROP COLUMN next_part, DROP COLUMN tails;
