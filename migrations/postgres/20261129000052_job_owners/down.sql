DROP INDEX jobs_running_owner_id_idx;
DROP INDEX jobs_owner_id_priority_due_at_idx;
ALTER TABLE jobs DROP COLUMN owner_id;
