-- Pictures of pictures in the sizes that were asked for. They go with the blob that they show, which files and versions may share. One that
-- can't be made has no blob.
CREATE TABLE previews (
    original_id uuid    NOT NULL,
    size_name   text    COLLATE "C" NOT NULL,
    blob_id     uuid    CONSTRAINT previews_blob_id_key UNIQUE,
    format      text    COLLATE "C",
    width       integer,
    height      integer,
    CONSTRAINT previews_pkey PRIMARY KEY (original_id, size_name),
    CONSTRAINT previews_ready_check CHECK (num_nonnulls(blob_id, format, width, height) IN (0, 4))
);

-- Whether there are any of a blob: those that have none go without a look at previews. Set by `record`, whose row
-- lock makes a concurrent drop wait.
ALTER TABLE blobs ADD COLUMN has_previews boolean NOT NULL DEFAULT false;
