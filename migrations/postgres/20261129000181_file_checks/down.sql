-- The rows keep to them: nothing else was ever written.
ALTER TABLE files
    ADD CONSTRAINT files_size_bytes_check CHECK (size_bytes >= 0),
    ADD CONSTRAINT files_sha256_check CHECK (octet_length(sha256) = 32),
    ADD CONSTRAINT files_thumbnail_state_check CHECK (thumbnail_state IN ('none', 'pending', 'ready', 'failed')),
    ADD CONSTRAINT files_thumbnail_width_check CHECK (thumbnail_width > 0),
    ADD CONSTRAINT files_thumbnail_height_check CHECK (thumbnail_height > 0),
    ADD CONSTRAINT files_thumbnail_failures_check CHECK (thumbnail_failures >= 0),
    ADD CONSTRAINT files_revision_check CHECK (revision > 0);
