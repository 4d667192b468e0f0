-- The rows keep to them: nothing else was ever written.
ALTER TABLE uploads
    ADD CONSTRAINT uploads_transport_check CHECK (transport IN ('resumable', 'direct')),
    ADD CONSTRAINT uploads_promised_sha256_check CHECK (octet_length(promised_sha256) = 32),
    ADD CONSTRAINT uploads_idempotency_key_check CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    ADD CONSTRAINT uploads_length_bytes_check CHECK (length_bytes >= 0),
    ADD CONSTRAINT uploads_offset_bytes_check CHECK (offset_bytes >= 0),
    ADD CONSTRAINT uploads_reserved_bytes_check CHECK (reserved_bytes >= 0),
    ADD CONSTRAINT uploads_epoch_check CHECK (epoch >= 0),
    ADD CONSTRAINT uploads_status_check CHECK (status IN ('open', 'complete', 'expired'));
