-- Work on many items that goes on after its request was answered.
CREATE TABLE operations (
    id          uuid        NOT NULL CONSTRAINT operations_pkey PRIMARY KEY,
    owner_id    uuid        NOT NULL CONSTRAINT operations_owner_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    kind        text        COLLATE "C" NOT NULL,
    status      text        COLLATE "C" NOT NULL,
    done_count  bigint      NOT NULL,
    total_count bigint,
    -- Items that were not done: [{"id": …, "code": …}].
    failed      jsonb       NOT NULL,
    result      jsonb,
    -- What is left to do.
    rest        jsonb       NOT NULL,
    created_at  timestamptz NOT NULL,
    ended_at    timestamptz
);
CREATE INDEX operations_owner_id_idx ON operations (owner_id);
CREATE INDEX operations_ended_at_idx ON operations (ended_at) WHERE ended_at IS NOT NULL;
