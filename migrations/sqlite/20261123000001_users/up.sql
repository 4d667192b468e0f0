-- Somebody who can log in, and what they keep. Ids are the 16 bytes of a UUIDv7, times are microseconds since 1970 UTC.
CREATE TABLE users (
    id             BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    email          TEXT    NOT NULL,
    email_key      TEXT    NOT NULL CONSTRAINT users_email_key UNIQUE,
    name           TEXT,
    role           TEXT    NOT NULL CHECK (role IN ('user', 'admin')),
    password_hash  TEXT    NOT NULL,
    used_bytes     INTEGER NOT NULL DEFAULT 0 CHECK (used_bytes >= 0),
    reserved_bytes INTEGER NOT NULL DEFAULT 0 CHECK (reserved_bytes >= 0),
    file_count     INTEGER NOT NULL DEFAULT 0 CHECK (file_count >= 0),
    created_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
