-- Work for later. Waiting without a lease, running with one; the dead are kept for a human.
CREATE TABLE jobs (
    id             BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    kind           TEXT    NOT NULL,
    payload        TEXT    NOT NULL CHECK (json_valid(payload)),
    priority       INTEGER NOT NULL,
    -- When it was enqueued to run first.
    first_run_at   INTEGER NOT NULL,
    -- Not before.
    run_at         INTEGER NOT NULL,
    attempt        INTEGER NOT NULL DEFAULT 0 CHECK (attempt BETWEEN 0 AND 4294967295),
    lease_until    INTEGER,
    unique_name    TEXT,
    dead           INTEGER NOT NULL DEFAULT 0 CHECK (dead IN (0, 1)),
    last_error     TEXT,
    CHECK (dead = 0 OR (lease_until IS NULL AND last_error IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX jobs_living_unique_name ON jobs (unique_name) WHERE unique_name IS NOT NULL AND dead = 0;
CREATE INDEX jobs_by_urgency ON jobs (priority DESC, run_at, id) WHERE dead = 0;
CREATE INDEX jobs_by_due ON jobs (coalesce(lease_until, run_at)) WHERE dead = 0;
