-- Files of one user in one folder, without bytes, a second apart; every second one is a picture with a thumbnail. What is measured never
-- reads them.
-- Their owner and their folder are there: without triggers they are not looked up again for each of them.
SET session_replication_role = replica;
INSERT INTO nodes (id, drive_id, parent_id, kind, name, name_sort, name_search, content_type, size_bytes, sha256, blob_id,
    thumbnail_state, thumbnail_blob_id, thumbnail_width, thumbnail_height, revision, content_at, modified_at, created_at, updated_at)
SELECT (lpad(to_hex((extract(epoch FROM made_at) * 1000)::bigint), 12, '0') || '7' || substr(random_hex, 1, 3)
            || '8' || substr(random_hex, 4, 15))::uuid,
    :'owner', :'folder', 'file', name, name, name,
    CASE WHEN is_picture THEN 'image/jpeg' ELSE 'application/pdf' END, 48213 + number,
    sha256(random_hex::bytea), gen_random_uuid(),
    CASE WHEN is_picture THEN 'ready' ELSE 'none' END,
    CASE WHEN is_picture THEN gen_random_uuid() END, CASE WHEN is_picture THEN 64 END, CASE WHEN is_picture THEN 48 END,
    1, made_at, made_at, made_at, made_at
FROM generate_series(1, :'count'::integer) AS number,
    LATERAL (SELECT date_trunc('milliseconds', now() - number * interval '1 second') AS made_at,
        md5(:'folder' || number) AS random_hex, 'holiday picture ' || number || '.jpg' AS name,
        number % 2 = 0 AS is_picture) AS made;
UPDATE users SET file_count = file_count + :'count'::bigint, node_count = node_count + :'count'::bigint WHERE id = :'owner';
VACUUM ANALYZE nodes, users;
-- So that no turn pays for writing them out.
CHECKPOINT;
