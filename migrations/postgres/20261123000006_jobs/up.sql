CREATE TABLE jobs (
    id          uuid        NOT NULL CONSTRAINT jobs_pkey PRIMARY KEY,
    kind        text        COLLATE "C" NOT NULL,
    payload     jsonb       NOT NULL,
    priority    smallint    NOT NULL,
    -- When it was enqueued to run first.
    run_at      timestamptz NOT NULL,
    attempt     integer     NOT NULL DEFAULT 0 CONSTRAINT jobs_attempt_check CHECK (attempt >= 0),
    -- Null while nobody holds it.
    lease_until timestamptz,
    -- When it may be claimed: its first run, its next try, or the end of its lease.
    due_at      timestamptz NOT NULL,
    unique_name text,
    state       text        COLLATE "C" NOT NULL DEFAULT 'living' CONSTRAINT jobs_state_check CHECK (state IN ('living', 'dead')),
    last_error  text,
    CONSTRAINT jobs_lease_check CHECK (lease_until IS NULL OR (state = 'living' AND due_at = lease_until))
);

CREATE UNIQUE INDEX jobs_unique_name_key ON jobs (unique_name) WHERE state = 'living' AND unique_name IS NOT NULL;
CREATE INDEX jobs_priority_due_at_idx ON jobs (priority DESC, due_at, id) WHERE state = 'living';
CREATE INDEX jobs_due_at_idx ON jobs (due_at) WHERE state = 'living';
