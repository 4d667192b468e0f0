-- The contents that files had before.
CREATE TABLE file_versions (
    file_id      uuid        NOT NULL CONSTRAINT file_versions_file_id_fkey REFERENCES nodes (id) ON DELETE CASCADE,
    number       integer     NOT NULL,
    content_type text        COLLATE "C" NOT NULL,
    charset      text        COLLATE "C",
    size_bytes   bigint      NOT NULL,
    sha256       bytea,
    blob_id      uuid        NOT NULL,
    created_by   uuid        NOT NULL,
    created_at   timestamptz NOT NULL,
    replaced_at  timestamptz NOT NULL,
    is_pinned    boolean     NOT NULL,
    label        text,
    CONSTRAINT file_versions_pkey PRIMARY KEY (file_id, number)
);
