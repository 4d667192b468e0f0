-- The bound on a user's unfinished uploads is checked at each creation.
CREATE INDEX uploads_open_by_owner ON uploads (owner) WHERE status = 'open';
