-- No release before knows them.
DELETE FROM jobs WHERE kind = 'make_preview';
-- Their bytes go.
UPDATE blobs SET state = 'doomed', doomed_at = CAST(unixepoch('subsec') * 1000000 AS INTEGER),
                 due_at = CAST(unixepoch('subsec') * 1000000 AS INTEGER)
WHERE state = 'settled' AND id IN (SELECT blob FROM previews WHERE blob IS NOT NULL);
DROP TABLE previews;
