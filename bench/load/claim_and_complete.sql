-- What a job costs at least: a claim, which walks along its index as the product's does, then its completion.
BEGIN;
SET LOCAL enable_sort = off;
WITH due AS MATERIALIZED (
    SELECT id AS due_id FROM jobs
    WHERE state = 'living' AND kind = ANY ('{make_thumbnail,purge_blob,sweep_blobs,revoke_sessions}') AND due_at <= now()
    ORDER BY priority DESC, due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
) UPDATE jobs SET attempt = attempt + 1, lease_until = now() + interval '1 minute', due_at = now() + interval '1 minute'
FROM due WHERE id = due_id RETURNING id, attempt \gset
COMMIT;
BEGIN;
DELETE FROM jobs WHERE id = ':id' AND attempt = :attempt AND lease_until IS NOT NULL;
COMMIT;
