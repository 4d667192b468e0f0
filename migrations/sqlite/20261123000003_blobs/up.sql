-- Where each run of bytes stands: announced, settled or doomed. A blob outlives its owner until its bytes are discarded,
-- so nothing here refers to users.
CREATE TABLE blobs (
    id             BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    bucket         TEXT    NOT NULL CHECK (bucket IN ('files', 'thumbnails')),
    owner          BLOB    NOT NULL CHECK (length(owner) = 16),
    state          TEXT    NOT NULL CHECK (state IN ('announced', 'settled', 'doomed')),
    reserved_bytes INTEGER NOT NULL CHECK (reserved_bytes >= 0),
    -- Known from the settling on: a doomed blob with a size had been settled.
    size           INTEGER CHECK (size >= 0),
    announced_at   INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    doomed_at      INTEGER,
    -- When its bytes are to be discarded next.
    due_at         INTEGER,
    CHECK (state <> 'announced' OR size IS NULL),
    CHECK (state <> 'settled' OR size IS NOT NULL),
    CHECK ((state = 'doomed') = (doomed_at IS NOT NULL)),
    CHECK ((state = 'doomed') = (due_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX blobs_by_owner ON blobs (owner);
CREATE INDEX blobs_announced ON blobs (expires_at) WHERE state = 'announced';
CREATE INDEX blobs_due ON blobs (due_at) WHERE state = 'doomed';
