-- The bound on a user's unfinished uploads is checked at each creation.
CREATE INDEX uploads_open_owner_id_idx ON uploads (owner_id) WHERE status = 'open';
