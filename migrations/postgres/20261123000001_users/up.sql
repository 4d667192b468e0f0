CREATE TABLE users (
    id             uuid        NOT NULL CONSTRAINT users_pkey PRIMARY KEY,
    email          text        NOT NULL,
    -- What two spellings of one address have in common.
    email_key      text        COLLATE "C" NOT NULL CONSTRAINT users_email_key_key UNIQUE,
    name           text,
    role           text        COLLATE "C" NOT NULL CONSTRAINT users_role_check CHECK (role IN ('user', 'admin')),
    password_hash  text        COLLATE "C" NOT NULL,
    used_bytes     bigint      NOT NULL DEFAULT 0 CONSTRAINT users_used_bytes_check CHECK (used_bytes >= 0),
    reserved_bytes bigint      NOT NULL DEFAULT 0 CONSTRAINT users_reserved_bytes_check CHECK (reserved_bytes >= 0),
    file_count     bigint      NOT NULL DEFAULT 0 CONSTRAINT users_file_count_check CHECK (file_count >= 0),
    created_at     timestamptz NOT NULL
)
-- Room on every page for the counters to be updated in place, without touching an index.
WITH (fillfactor = 80);
