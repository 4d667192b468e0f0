-- Every file keeps its name, those of the trash come back, and the folders are lost.
DROP TRIGGER users_make_root ON users;
DROP FUNCTION make_root;
DROP VIEW files;
CREATE TABLE files (
    id                 uuid        NOT NULL CONSTRAINT files_pkey PRIMARY KEY,
    owner_id           uuid        NOT NULL CONSTRAINT files_owner_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    name               text        NOT NULL,
    name_sort          text        COLLATE "C" NOT NULL,
    name_search        text        COLLATE "C" NOT NULL,
    content_type       text        COLLATE "C" NOT NULL,
    family             text        COLLATE "C" NOT NULL GENERATED ALWAYS AS (split_part(content_type, '/', 1)) STORED,
    size_bytes         bigint      NOT NULL,
    sha256             bytea,
    blob_id            uuid        NOT NULL,
    thumbnail_state    text        COLLATE "C" NOT NULL,
    thumbnail_blob_id  uuid,
    thumbnail_width    integer,
    thumbnail_height   integer,
    revision           bigint      NOT NULL,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    charset            text        COLLATE "C",
    thumbnail_failures integer     NOT NULL DEFAULT 0,
    CONSTRAINT files_thumbnail_check CHECK (
        num_nonnulls(thumbnail_blob_id, thumbnail_width, thumbnail_height)
            = CASE WHEN thumbnail_state = 'ready' THEN 3 ELSE 0 END)
);
INSERT INTO files (id, owner_id, name, name_sort, name_search, content_type, size_bytes, sha256, blob_id, thumbnail_state,
                   thumbnail_blob_id, thumbnail_width, thumbnail_height, revision, created_at, updated_at, charset,
                   thumbnail_failures)
SELECT id, drive_id, name, name_sort, name_search, content_type, size_bytes, sha256, blob_id, thumbnail_state, thumbnail_blob_id,
       thumbnail_width, thumbnail_height, revision, created_at, updated_at, charset, thumbnail_failures
FROM nodes WHERE kind = 'file';
UPDATE users SET trash_bytes = 0, file_count = file_count + back.files
FROM (SELECT drive_id, count(*) AS files FROM nodes WHERE kind = 'file' AND trash_id IS NOT NULL GROUP BY drive_id) AS back
WHERE users.id = back.drive_id;
DROP TABLE nodes;
DROP FUNCTION place_in_root;
CREATE INDEX files_owner_id_created_at_idx ON files (owner_id, created_at, id);
CREATE INDEX files_owner_id_name_sort_idx ON files (owner_id, name_sort, id);
CREATE INDEX files_owner_id_size_bytes_idx ON files (owner_id, size_bytes, id);
CREATE INDEX files_owner_id_sha256_idx ON files (owner_id, sha256);
CREATE INDEX files_owner_id_content_type_idx ON files (owner_id, content_type, created_at, id);
CREATE INDEX files_owner_id_family_idx ON files (owner_id, family, created_at, id);
