CREATE TABLE idempotency_keys (
    user_id    uuid        NOT NULL CONSTRAINT idempotency_keys_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    key        text        COLLATE "C" NOT NULL CONSTRAINT idempotency_keys_key_check CHECK (length(key) BETWEEN 1 AND 255),
    -- The blob that the attempt writes.
    attempt_id uuid        NOT NULL,
    -- Until when the key is held: the lease of a running attempt, the memory of a finished one.
    held_until timestamptz NOT NULL,
    file_id    uuid,
    file_name  text,
    sha256     bytea       CONSTRAINT idempotency_keys_sha256_check CHECK (octet_length(sha256) = 32),
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, key),
    CONSTRAINT idempotency_keys_finished_check CHECK (num_nonnulls(file_id, file_name, sha256) IN (0, 3))
);

CREATE UNIQUE INDEX idempotency_keys_attempt_id_key ON idempotency_keys (attempt_id);
CREATE INDEX idempotency_keys_file_id_idx ON idempotency_keys (file_id) WHERE file_id IS NOT NULL;
CREATE INDEX idempotency_keys_held_until_idx ON idempotency_keys (held_until);
