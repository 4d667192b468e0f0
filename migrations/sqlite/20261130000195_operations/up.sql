-- Work on many items that goes on after its request was answered.
CREATE TABLE operations (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    owner       BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind        TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    done_count  INTEGER NOT NULL CHECK (done_count >= 0),
    total_count INTEGER CHECK (total_count >= 0),
    -- Items that were not done, as JSON: [{"id": …, "code": …}].
    failed      TEXT    NOT NULL CHECK (json_valid(failed)),
    result      TEXT    CHECK (json_valid(result)),
    -- What is left to do, as JSON.
    rest        TEXT    NOT NULL CHECK (json_valid(rest)),
    created_at  INTEGER NOT NULL,
    ended_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX operations_by_owner ON operations (owner);
CREATE INDEX operations_by_ended_at ON operations (ended_at) WHERE ended_at IS NOT NULL;
