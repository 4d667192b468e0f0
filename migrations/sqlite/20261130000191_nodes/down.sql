-- Every file keeps its name, those of the trash come back, and the folders are lost.
DROP TRIGGER users_make_root;
CREATE TABLE files (
    id                 BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    owner              BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name               TEXT    NOT NULL,
    name_sort          TEXT    NOT NULL COLLATE BINARY,
    name_search        TEXT    NOT NULL COLLATE BINARY,
    content_type       TEXT    NOT NULL,
    family             TEXT    NOT NULL,
    size               INTEGER NOT NULL CHECK (size >= 0),
    sha256             BLOB    CHECK (length(sha256) = 32),
    blob               BLOB    NOT NULL CHECK (length(blob) = 16),
    thumbnail          TEXT    NOT NULL CHECK (thumbnail IN ('none', 'pending', 'ready', 'failed')),
    thumbnail_blob     BLOB    CHECK (length(thumbnail_blob) = 16),
    thumbnail_width    INTEGER CHECK (thumbnail_width >= 0),
    thumbnail_height   INTEGER CHECK (thumbnail_height >= 0),
    revision           INTEGER NOT NULL CHECK (revision >= 1),
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    charset            TEXT    CONSTRAINT files_charset CHECK (length(charset) BETWEEN 1 AND 40),
    thumbnail_failures INTEGER NOT NULL DEFAULT 0 CONSTRAINT files_thumbnail_failures CHECK (thumbnail_failures >= 0),
    CHECK ((thumbnail = 'ready') = (thumbnail_blob IS NOT NULL)),
    CHECK ((thumbnail = 'ready') = (thumbnail_width IS NOT NULL)),
    CHECK ((thumbnail = 'ready') = (thumbnail_height IS NOT NULL))
) STRICT;
INSERT INTO files (id, owner, name, name_sort, name_search, content_type, family, size, sha256, blob, thumbnail, thumbnail_blob,
                   thumbnail_width, thumbnail_height, revision, created_at, updated_at, charset, thumbnail_failures)
SELECT id, drive, name, name_sort, name_search, content_type, family, size, sha256, blob, thumbnail, thumbnail_blob, thumbnail_width,
       thumbnail_height, revision, created_at, updated_at, charset, thumbnail_failures
FROM nodes WHERE kind = 'file';
UPDATE users SET trash_bytes = 0, file_count = file_count +
    (SELECT count(*) FROM nodes WHERE drive = users.id AND kind = 'file' AND trash IS NOT NULL);
DROP TABLE nodes;
CREATE INDEX files_by_created_at ON files (owner, created_at, id);
CREATE INDEX files_by_name ON files (owner, name_sort, id);
CREATE INDEX files_by_size ON files (owner, size, id);
CREATE INDEX files_by_sha256 ON files (owner, sha256, created_at, id);
CREATE INDEX files_by_content_type ON files (owner, content_type, created_at, id);
CREATE INDEX files_by_family ON files (owner, family, created_at, id);
