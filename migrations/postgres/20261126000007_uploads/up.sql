CREATE TABLE uploads (
    id              uuid        NOT NULL CONSTRAINT uploads_pkey PRIMARY KEY,
    owner_id        uuid        NOT NULL CONSTRAINT uploads_owner_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    transport       text        COLLATE "C" NOT NULL CONSTRAINT uploads_transport_check CHECK (transport IN ('resumable', 'direct')),
    blob_id         uuid        NOT NULL,
    name            text        NOT NULL,
    claimed_type    text        COLLATE "C",
    promised_sha256 bytea       CONSTRAINT uploads_promised_sha256_check CHECK (octet_length(promised_sha256) = 32),
    metadata        text        NOT NULL,
    idempotency_key text        COLLATE "C" CONSTRAINT uploads_idempotency_key_check CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    -- Null while it is not known.
    length_bytes    bigint      CONSTRAINT uploads_length_bytes_check CHECK (length_bytes >= 0),
    offset_bytes    bigint      NOT NULL CONSTRAINT uploads_offset_bytes_check CHECK (offset_bytes >= 0),
    reserved_bytes  bigint      NOT NULL CONSTRAINT uploads_reserved_bytes_check CHECK (reserved_bytes >= 0),
    epoch           bigint      NOT NULL CONSTRAINT uploads_epoch_check CHECK (epoch >= 0),
    is_held         boolean     NOT NULL,
    write_name      text        COLLATE "C",
    next_part       bigint      NOT NULL CONSTRAINT uploads_next_part_check CHECK (next_part BETWEEN 0 AND 4294967295),
    -- What is in no part yet, in order: [{"blob": id, "size": bytes}].
    tails           jsonb       NOT NULL CONSTRAINT uploads_tails_check CHECK (jsonb_typeof(tails) = 'array'),
    hash_state      bytea       NOT NULL,
    head            bytea       NOT NULL,
    status          text        COLLATE "C" NOT NULL CONSTRAINT uploads_status_check CHECK (status IN ('open', 'complete', 'expired')),
    file_id         uuid,
    created_at      timestamptz NOT NULL,
    -- When an open one counts as given up, and when one that has ended is forgotten.
    expires_at      timestamptz NOT NULL,
    CONSTRAINT uploads_progress_check CHECK (offset_bytes <= length_bytes),
    CONSTRAINT uploads_complete_check CHECK ((status = 'complete') = (file_id IS NOT NULL))
);

-- All of an owner's, those without a key too: they go with their owner.
CREATE INDEX uploads_owner_id_idempotency_key_idx ON uploads (owner_id, idempotency_key, created_at, id);
CREATE INDEX uploads_file_id_idx ON uploads (file_id) WHERE file_id IS NOT NULL;
CREATE INDEX uploads_open_expires_at_idx ON uploads (expires_at, id) WHERE status = 'open';
CREATE INDEX uploads_ended_expires_at_idx ON uploads (expires_at, id) WHERE status <> 'open';

CREATE TABLE upload_parts (
    upload_id  uuid   NOT NULL CONSTRAINT upload_parts_upload_id_fkey REFERENCES uploads (id) ON DELETE CASCADE,
    number     bigint NOT NULL CONSTRAINT upload_parts_number_check CHECK (number BETWEEN 1 AND 4294967295),
    size_bytes bigint NOT NULL CONSTRAINT upload_parts_size_bytes_check CHECK (size_bytes >= 0),
    -- What the store calls the part.
    tag        text   COLLATE "C" NOT NULL,
    CONSTRAINT upload_parts_pkey PRIMARY KEY (upload_id, number)
);
