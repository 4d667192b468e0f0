-- No release before knows them.
DELETE FROM jobs WHERE kind = 'make_preview';
-- Their bytes go.
UPDATE blobs SET state = 'doomed', doomed_at = now(), due_at = now(), ref_count = 0
WHERE state = 'settled' AND id IN (SELECT blob_id FROM previews);
ALTER TABLE blobs DROP COLUMN has_previews;
DROP TABLE previews;
