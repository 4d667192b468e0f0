-- Names and what they point to.
CREATE TABLE files (
    id               BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    owner            BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name             TEXT    NOT NULL,
    -- The name in lower case. BINARY compares the bytes of UTF-8, which is the order of code points.
    name_sort        TEXT    NOT NULL COLLATE BINARY,
    -- The folded name, in which a search looks for its text.
    name_search      TEXT    NOT NULL COLLATE BINARY,
    content_type     TEXT    NOT NULL,
    -- What is before the slash of the type.
    family           TEXT    NOT NULL,
    size             INTEGER NOT NULL CHECK (size >= 0),
    sha256           BLOB    CHECK (length(sha256) = 32),
    blob             BLOB    NOT NULL CHECK (length(blob) = 16),
    thumbnail        TEXT    NOT NULL CHECK (thumbnail IN ('none', 'pending', 'ready', 'failed')),
    thumbnail_blob   BLOB    CHECK (length(thumbnail_blob) = 16),
    thumbnail_width  INTEGER CHECK (thumbnail_width >= 0),
    thumbnail_height INTEGER CHECK (thumbnail_height >= 0),
    revision         INTEGER NOT NULL CHECK (revision >= 1),
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    CHECK ((thumbnail = 'ready') = (thumbnail_blob IS NOT NULL)),
    CHECK ((thumbnail = 'ready') = (thumbnail_width IS NOT NULL)),
    CHECK ((thumbnail = 'ready') = (thumbnail_height IS NOT NULL))
) STRICT;

CREATE INDEX files_by_created_at ON files (owner, created_at, id);
CREATE INDEX files_by_name ON files (owner, name_sort, id);
CREATE INDEX files_by_size ON files (owner, size, id);
CREATE INDEX files_by_sha256 ON files (owner, sha256, created_at, id);
CREATE INDEX files_by_content_type ON files (owner, content_type, created_at, id);
CREATE INDEX files_by_family ON files (owner, family, created_at, id);
