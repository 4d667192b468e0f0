-- The user whom a job works for: users share the workers. Null for housekeeping, which has no entry in these indexes.
ALTER TABLE jobs ADD COLUMN owner_id uuid;
CREATE INDEX jobs_owner_id_priority_due_at_idx ON jobs (owner_id, priority DESC, due_at, id)
    WHERE state = 'living' AND owner_id IS NOT NULL;
CREATE INDEX jobs_running_owner_id_idx ON jobs (owner_id) WHERE lease_until IS NOT NULL AND owner_id IS NOT NULL;
