-- Logins. Another system as far as the rest is concerned, so nothing here refers to users.
CREATE TABLE sessions (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id      BLOB    NOT NULL CHECK (length(user_id) = 16),
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    ip           TEXT,
    user_agent   TEXT,
    generation   INTEGER NOT NULL CHECK (generation BETWEEN 0 AND 4294967295),
    salt         BLOB    NOT NULL CHECK (length(salt) = 16),
    expires_at   INTEGER NOT NULL,
    -- A JSON array of times: when the latest generations were spent, newest first.
    spent_at     TEXT    NOT NULL CHECK (json_type(spent_at) = 'array')
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_user ON sessions (user_id, created_at, id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
