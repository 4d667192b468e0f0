CREATE TABLE files (
    id                uuid        NOT NULL CONSTRAINT files_pkey PRIMARY KEY,
    owner_id          uuid        NOT NULL CONSTRAINT files_owner_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    name              text        NOT NULL,
    -- What names are sorted by: lower case, by code point.
    name_sort         text        COLLATE "C" NOT NULL,
    -- What names are searched by: folded.
    name_search       text        COLLATE "C" NOT NULL,
    content_type      text        COLLATE "C" NOT NULL,
    family            text        COLLATE "C" NOT NULL GENERATED ALWAYS AS (split_part(content_type, '/', 1)) STORED,
    size_bytes        bigint      NOT NULL CONSTRAINT files_size_bytes_check CHECK (size_bytes >= 0),
    sha256            bytea       CONSTRAINT files_sha256_check CHECK (octet_length(sha256) = 32),
    blob_id           uuid        NOT NULL,
    thumbnail_state   text        COLLATE "C" NOT NULL CONSTRAINT files_thumbnail_state_check
                                  CHECK (thumbnail_state IN ('none', 'pending', 'ready', 'failed')),
    thumbnail_blob_id uuid,
    thumbnail_width   integer     CONSTRAINT files_thumbnail_width_check CHECK (thumbnail_width > 0),
    thumbnail_height  integer     CONSTRAINT files_thumbnail_height_check CHECK (thumbnail_height > 0),
    revision          bigint      NOT NULL CONSTRAINT files_revision_check CHECK (revision > 0),
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    CONSTRAINT files_thumbnail_check CHECK (
        num_nonnulls(thumbnail_blob_id, thumbnail_width, thumbnail_height)
            = CASE WHEN thumbnail_state = 'ready' THEN 3 ELSE 0 END)
);

-- One index per order of a list, so that every page of it is one short walk along an index.
CREATE INDEX files_owner_id_created_at_idx ON files (owner_id, created_at, id);
CREATE INDEX files_owner_id_name_sort_idx ON files (owner_id, name_sort, id);
CREATE INDEX files_owner_id_size_bytes_idx ON files (owner_id, size_bytes, id);
CREATE INDEX files_owner_id_sha256_idx ON files (owner_id, sha256);
CREATE INDEX files_owner_id_content_type_idx ON files (owner_id, content_type, created_at, id);
CREATE INDEX files_owner_id_family_idx ON files (owner_id, family, created_at, id);
