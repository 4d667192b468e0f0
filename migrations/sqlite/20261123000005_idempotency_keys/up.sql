-- Uploads that a retry has to find again. Without a file the attempt is still running.
CREATE TABLE idempotency_keys (
    user_id     BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key         TEXT    NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    attempt     BLOB    NOT NULL CHECK (length(attempt) = 16),
    -- While it runs until when the attempt holds the key; afterwards until when it is remembered.
    valid_until INTEGER NOT NULL,
    file        BLOB    CHECK (length(file) = 16),
    name        TEXT,
    sha256      BLOB    CHECK (length(sha256) = 32),
    PRIMARY KEY (user_id, key),
    CHECK ((file IS NULL) = (name IS NULL)),
    CHECK ((file IS NULL) = (sha256 IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_attempt ON idempotency_keys (attempt);
CREATE INDEX idempotency_keys_by_file ON idempotency_keys (file) WHERE file IS NOT NULL;
CREATE INDEX idempotency_keys_by_validity ON idempotency_keys (valid_until);
