-- Pictures of pictures in the sizes that were asked for. They go with the blob that they show, which files and versions may share. One that
-- can't be made has no blob.
CREATE TABLE previews (
    original  BLOB    NOT NULL CHECK (length(original) = 16),
    size_name TEXT    NOT NULL CHECK (size_name <> ''),
    blob      BLOB    UNIQUE CHECK (length(blob) = 16),
    format    TEXT    CHECK (format <> ''),
    width     INTEGER CHECK (width >= 0),
    height    INTEGER CHECK (height >= 0),
    PRIMARY KEY (original, size_name),
    CHECK ((blob IS NULL) = (format IS NULL)),
    CHECK ((blob IS NULL) = (width IS NULL)),
    CHECK ((blob IS NULL) = (height IS NULL))
) STRICT, WITHOUT ROWID;
