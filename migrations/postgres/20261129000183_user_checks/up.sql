-- The program's own types see to these. A CHECK is read from its text and evaluated by every statement that writes a row,
-- whichever columns it sets. One table each, so that this waits for no two of the locks of a unit of work.
ALTER TABLE users
    DROP CONSTRAINT users_role_check,
    DROP CONSTRAINT users_used_bytes_check,
    DROP CONSTRAINT users_reserved_bytes_check,
    DROP CONSTRAINT users_file_count_check;
-- What the counters become is for the database to say. Not checked against the rows that are there, which were checked one by one.
ALTER TABLE users ADD CONSTRAINT users_counters_check CHECK (least(used_bytes, reserved_bytes, file_count) >= 0) NOT VALID;
