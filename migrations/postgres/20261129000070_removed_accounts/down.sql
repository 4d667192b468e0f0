-- Accounts that are half removed go at once: without the column they would be there again.
UPDATE blobs SET state = 'doomed', doomed_at = now(), due_at = now()
FROM users WHERE users.id = blobs.owner_id AND users.removed_at IS NOT NULL AND blobs.state <> 'doomed';
DELETE FROM users WHERE removed_at IS NOT NULL;
DROP INDEX users_removed_id_idx;
ALTER TABLE users DROP COLUMN removed_at;
