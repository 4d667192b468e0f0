-- No reference to users: a blob outlives its owner until its bytes are gone.
CREATE TABLE blobs (
    id             uuid        NOT NULL CONSTRAINT blobs_pkey PRIMARY KEY,
    bucket         text        COLLATE "C" NOT NULL CONSTRAINT blobs_bucket_check CHECK (bucket IN ('files', 'thumbnails')),
    owner_id       uuid        NOT NULL,
    state          text        COLLATE "C" NOT NULL CONSTRAINT blobs_state_check CHECK (state IN ('announced', 'settled', 'doomed')),
    reserved_bytes bigint      NOT NULL CONSTRAINT blobs_reserved_bytes_check CHECK (reserved_bytes >= 0),
    size_bytes     bigint      CONSTRAINT blobs_size_bytes_check CHECK (size_bytes >= 0),
    was_settled    boolean     NOT NULL DEFAULT false,
    announced_at   timestamptz NOT NULL,
    -- When an announced intent counts as given up.
    expires_at     timestamptz NOT NULL,
    doomed_at      timestamptz,
    -- When a doomed blob is to be discarded (again).
    due_at         timestamptz,
    CONSTRAINT blobs_settled_check CHECK (state <> 'settled' OR (was_settled AND size_bytes IS NOT NULL)),
    CONSTRAINT blobs_doomed_check CHECK ((state = 'doomed') = (doomed_at IS NOT NULL)
                                     AND (state = 'doomed') = (due_at IS NOT NULL))
);

CREATE INDEX blobs_expires_at_idx ON blobs (expires_at, id) WHERE state = 'announced';
CREATE INDEX blobs_due_at_idx ON blobs (due_at, id) WHERE state = 'doomed';
CREATE INDEX blobs_owner_id_idx ON blobs (owner_id) WHERE state <> 'doomed';
