-- Blobs whose files are gone, without bytes, and the jobs that purge them.
BEGIN;
INSERT INTO blobs (id, bucket, owner_id, state, reserved_bytes, size_bytes, was_settled, announced_at, expires_at,
    doomed_at, due_at)
SELECT gen_random_uuid(), 'files', gen_random_uuid(), 'doomed', 0, 4096, true, now(), now(), now(),
    now() + interval '1 day'
FROM generate_series(1, :'count'::integer);
INSERT INTO jobs (id, kind, payload, priority, run_at, due_at)
SELECT gen_random_uuid(), 'purge_blob', jsonb_build_object('work', 'purge_blob', 'blob', id, 'thumbnail', false), 10, now(),
    now()
FROM blobs WHERE state = 'doomed';
NOTIFY file_manager_jobs;
COMMIT;
