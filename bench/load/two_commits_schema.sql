CREATE TABLE IF NOT EXISTS floor_promises (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner bigint NOT NULL, size bigint NOT NULL,
    is_stored boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS floor_files (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner bigint NOT NULL, name text NOT NULL, size bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now());
