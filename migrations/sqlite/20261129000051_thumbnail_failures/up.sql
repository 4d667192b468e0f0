-- How many jobs could not make the thumbnail of this content: after a few there is no other.
ALTER TABLE files ADD COLUMN thumbnail_failures INTEGER NOT NULL DEFAULT 0 CONSTRAINT files_thumbnail_failures CHECK (thumbnail_failures >= 0);
