DROP INDEX jobs_running;
DROP INDEX jobs_by_owner;
ALTER TABLE jobs DROP COLUMN owner;
