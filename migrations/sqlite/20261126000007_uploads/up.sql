-- Uploads that take many requests, and how far they are.
CREATE TABLE uploads (
    id              BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    owner           BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    transport       TEXT    NOT NULL CONSTRAINT uploads_transport CHECK (transport IN ('resumable', 'direct')),
    blob            BLOB    NOT NULL CONSTRAINT uploads_blob CHECK (length(blob) = 16),
    name            TEXT    NOT NULL,
    claimed_type    TEXT,
    promised_sha256 BLOB    CONSTRAINT uploads_promised_sha256 CHECK (length(promised_sha256) = 32),
    metadata        TEXT    NOT NULL,
    idempotency_key TEXT    CONSTRAINT uploads_idempotency_key CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    -- Null while it is not known.
    length_bytes    INTEGER CONSTRAINT uploads_length_bytes CHECK (length_bytes >= 0),
    offset_bytes    INTEGER NOT NULL CONSTRAINT uploads_offset_bytes CHECK (offset_bytes >= 0),
    reserved_bytes  INTEGER NOT NULL CONSTRAINT uploads_reserved_bytes CHECK (reserved_bytes >= 0),
    epoch           INTEGER NOT NULL CONSTRAINT uploads_epoch CHECK (epoch >= 0),
    is_held         INTEGER NOT NULL CONSTRAINT uploads_is_held CHECK (is_held IN (0, 1)),
    write_name      TEXT,
    next_part       INTEGER NOT NULL CONSTRAINT uploads_next_part CHECK (next_part BETWEEN 0 AND 4294967295),
    -- A JSON array of what is in no part yet, in order: [{"blob": id, "size": bytes}].
    tails           TEXT    NOT NULL CONSTRAINT uploads_tails CHECK (json_type(tails) = 'array'),
    hash_state      BLOB    NOT NULL,
    head            BLOB    NOT NULL,
    status          TEXT    NOT NULL CONSTRAINT uploads_status CHECK (status IN ('open', 'complete', 'expired')),
    file            BLOB    CONSTRAINT uploads_file CHECK (length(file) = 16),
    created_at      INTEGER NOT NULL,
    -- When an open one counts as given up, and when one that has ended is forgotten.
    expires_at      INTEGER NOT NULL,
    CONSTRAINT uploads_progress CHECK (offset_bytes <= length_bytes),
    CONSTRAINT uploads_complete CHECK ((status = 'complete') = (file IS NOT NULL))
) STRICT;

-- All of an owner's, those without a key too: they go with their owner.
CREATE INDEX uploads_by_key ON uploads (owner, idempotency_key, created_at, id);
CREATE INDEX uploads_by_file ON uploads (file) WHERE file IS NOT NULL;
CREATE INDEX uploads_open ON uploads (expires_at, id) WHERE status = 'open';
CREATE INDEX uploads_ended ON uploads (expires_at, id) WHERE status <> 'open';

CREATE TABLE upload_parts (
    upload BLOB    NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    number INTEGER NOT NULL CONSTRAINT upload_parts_number CHECK (number BETWEEN 1 AND 4294967295),
    size   INTEGER NOT NULL CONSTRAINT upload_parts_size CHECK (size >= 0),
    -- What the store calls the part.
    tag    TEXT    NOT NULL,
    PRIMARY KEY (upload, number)
) STRICT, WITHOUT ROWID;
