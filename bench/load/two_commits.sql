-- What two commits of an upload cost at least: a promise, then the file.
BEGIN;
INSERT INTO floor_promises (owner, size) VALUES (:client_id, 4096) RETURNING id \gset
COMMIT;
BEGIN;
UPDATE floor_promises SET is_stored = true WHERE id = :id;
INSERT INTO floor_files (owner, name, size) VALUES (:client_id, 'file.bin', 4096);
COMMIT;
