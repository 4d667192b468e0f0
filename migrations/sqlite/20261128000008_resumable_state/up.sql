-- Not renamed: the name of the check would stay.
ALTER TABLE uploads ADD COLUMN is_locked INTEGER NOT NULL DEFAULT 0
    CONSTRAINT uploads_is_locked CHECK (is_locked IN (0, 1));
-- Of a resumable upload: what the store has to remember of its unfinished blob. Null before the blob is begun.
ALTER TABLE uploads ADD COLUMN write_state BLOB;

UPDATE uploads SET is_locked = is_held;

-- The disk and the memory store write at the offset and remember nothing: their uploads go on.
UPDATE uploads SET write_state = x''
WHERE status = 'open' AND transport = 'resumable' AND write_name IN ('file', 'memory') AND json_array_length(tails) = 0;

-- The store can't go on from the parts and tails of other uploads that were begun. They expire as they do when their time is
-- over: the reservation is given back, the key is free again, and the sweep discards the blobs.
CREATE TEMPORARY TABLE stranded AS
SELECT id, owner, blob, reserved_bytes, idempotency_key, tails, CAST(unixepoch('subsec') * 1000000 AS INTEGER) AS ended_at
FROM uploads
WHERE status = 'open' AND transport = 'resumable' AND write_state IS NULL
  AND (write_name IS NOT NULL OR json_array_length(tails) > 0 OR offset_bytes > 0);

UPDATE blobs SET state = 'doomed', doomed_at = ended_at, due_at = ended_at
FROM stranded WHERE blobs.id = stranded.blob AND blobs.state = 'announced';

-- A tail names its blob by the text of its id.
UPDATE blobs SET state = 'doomed', doomed_at = tail.ended_at, due_at = tail.ended_at
FROM (SELECT unhex(replace(value ->> 'blob', '-', '')) AS blob, ended_at FROM stranded, json_each(stranded.tails)) AS tail
WHERE blobs.id = tail.blob AND blobs.state <> 'doomed';

DELETE FROM idempotency_keys
WHERE file IS NULL AND attempt IN (SELECT blob FROM stranded WHERE idempotency_key IS NOT NULL);

UPDATE uploads SET status = 'expired', epoch = uploads.epoch + 1, reserved_bytes = 0, head = x'',
                   expires_at = ended_at + 86400000000
FROM stranded WHERE uploads.id = stranded.id;

UPDATE users SET reserved_bytes = max(users.reserved_bytes - given.bytes, 0)
FROM (SELECT owner, sum(reserved_bytes) AS bytes FROM stranded GROUP BY owner) AS given
WHERE users.id = given.owner;

DROP TABLE stranded;

-- From now on both are of direct uploads alone.
UPDATE uploads SET write_name = NULL WHERE transport = 'resumable';
DELETE FROM upload_parts WHERE upload IN (SELECT id FROM uploads WHERE transport = 'resumable');

ALTER TABLE uploads DROP COLUMN is_held;
ALTER TABLE uploads DROP COLUMN next_part;
ALTER TABLE uploads DROP COLUMN tails;
