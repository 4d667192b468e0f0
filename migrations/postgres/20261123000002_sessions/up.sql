-- No reference to users: the session store is a system of its own, and may live elsewhere.
CREATE TABLE sessions (
    id           uuid          NOT NULL CONSTRAINT sessions_pkey PRIMARY KEY,
    user_id      uuid          NOT NULL,
    created_at   timestamptz   NOT NULL,
    last_seen_at timestamptz   NOT NULL,
    ip           text,
    user_agent   text,
    generation   bigint        NOT NULL CONSTRAINT sessions_generation_check CHECK (generation >= 0),
    salt         bytea         NOT NULL CONSTRAINT sessions_salt_check CHECK (octet_length(salt) = 16),
    expires_at   timestamptz   NOT NULL,
    -- When the latest generations were spent, newest first.
    spent_at     timestamptz[] NOT NULL
)
WITH (fillfactor = 80);

CREATE INDEX sessions_user_id_created_at_idx ON sessions (user_id, created_at DESC, id DESC);
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);
