-- The rows keep to them: nothing else was ever written.
ALTER TABLE idempotency_keys
    ADD CONSTRAINT idempotency_keys_key_check CHECK (length(key) BETWEEN 1 AND 255),
    ADD CONSTRAINT idempotency_keys_sha256_check CHECK (octet_length(sha256) = 32);
