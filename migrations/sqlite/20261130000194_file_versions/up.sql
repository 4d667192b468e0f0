-- The contents that files had before.
CREATE TABLE file_versions (
    file         BLOB    NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
    number       INTEGER NOT NULL CHECK (number >= 1),
    content_type TEXT    NOT NULL,
    charset      TEXT,
    size         INTEGER NOT NULL CHECK (size >= 0),
    sha256       BLOB    CHECK (length(sha256) = 32),
    blob         BLOB    NOT NULL CHECK (length(blob) = 16),
    created_by   BLOB    NOT NULL CHECK (length(created_by) = 16),
    created_at   INTEGER NOT NULL,
    replaced_at  INTEGER NOT NULL,
    is_pinned    INTEGER NOT NULL CHECK (is_pinned IN (0, 1)),
    label        TEXT,
    PRIMARY KEY (file, number)
) STRICT, WITHOUT ROWID;
