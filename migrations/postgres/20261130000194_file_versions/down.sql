-- Their bytes go, and what they took of the quotas.
UPDATE blobs SET state = 'doomed', doomed_at = now(), due_at = now(), ref_count = 0
WHERE state = 'settled' AND id IN (SELECT blob_id FROM file_versions) AND NOT EXISTS (SELECT FROM nodes WHERE blob_id = blobs.id);
UPDATE users SET used_bytes = greatest(used_bytes - gone.bytes, 0), trash_bytes = greatest(trash_bytes - gone.trashed, 0),
    version_bytes = 0
FROM (SELECT drive_id, sum(file_versions.size_bytes)::bigint AS bytes,
             coalesce(sum(file_versions.size_bytes) FILTER (WHERE trash_id IS NOT NULL), 0)::bigint AS trashed
      FROM file_versions JOIN nodes ON nodes.id = file_id GROUP BY drive_id) AS gone
WHERE users.id = gone.drive_id;
DROP TABLE file_versions;
