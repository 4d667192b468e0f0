-- How many jobs could not make the thumbnail of this content: after a few there is no other.
ALTER TABLE files ADD COLUMN thumbnail_failures integer NOT NULL DEFAULT 0;
-- Not checked against the rows that are there, which have the default: that would read the whole table while nobody else may.
ALTER TABLE files ADD CONSTRAINT files_thumbnail_failures_check CHECK (thumbnail_failures >= 0) NOT VALID;
