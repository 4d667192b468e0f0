-- Accounts that are half removed go at once: without the column they would be there again.
UPDATE blobs SET state = 'doomed', doomed_at = CAST(unixepoch('subsec') * 1000000 AS INTEGER),
                 due_at = CAST(unixepoch('subsec') * 1000000 AS INTEGER)
WHERE state <> 'doomed' AND owner IN (SELECT id FROM users WHERE removed_at IS NOT NULL);
DELETE FROM upload_parts WHERE upload IN
    (SELECT uploads.id FROM uploads JOIN users ON users.id = owner WHERE removed_at IS NOT NULL);
DELETE FROM uploads WHERE owner IN (SELECT id FROM users WHERE removed_at IS NOT NULL);
DELETE FROM files WHERE owner IN (SELECT id FROM users WHERE removed_at IS NOT NULL);
DELETE FROM idempotency_keys WHERE user_id IN (SELECT id FROM users WHERE removed_at IS NOT NULL);
DELETE FROM users WHERE removed_at IS NOT NULL;
ALTER TABLE users DROP COLUMN removed_at;
