-- Their bytes go, and what they took of the quotas.
UPDATE blobs SET state = 'doomed', doomed_at = CAST(unixepoch('subsec') * 1000000 AS INTEGER),
                 due_at = CAST(unixepoch('subsec') * 1000000 AS INTEGER)
WHERE state = 'settled' AND id IN (SELECT blob FROM file_versions) AND id NOT IN (SELECT blob FROM nodes WHERE blob IS NOT NULL);
UPDATE users SET version_bytes = 0, used_bytes = max(0, used_bytes - bytes), trash_bytes = max(0, trash_bytes - trashed)
FROM (SELECT drive, sum(file_versions.size) AS bytes,
             coalesce(sum(file_versions.size) FILTER (WHERE trash IS NOT NULL), 0) AS trashed
      FROM file_versions JOIN nodes ON nodes.id = file GROUP BY drive) AS gone
WHERE users.id = gone.drive;
DROP TABLE file_versions;
