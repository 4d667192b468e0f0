-- The rows keep to them: nothing else was ever written.
ALTER TABLE blobs
    ADD CONSTRAINT blobs_bucket_check CHECK (bucket IN ('files', 'thumbnails')),
    ADD CONSTRAINT blobs_state_check CHECK (state IN ('announced', 'settled', 'doomed')),
    ADD CONSTRAINT blobs_reserved_bytes_check CHECK (reserved_bytes >= 0),
    ADD CONSTRAINT blobs_size_bytes_check CHECK (size_bytes >= 0);
