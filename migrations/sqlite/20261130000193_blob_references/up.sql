-- How many rows refer to a stored blob: files, their thumbnails and versions. Each had one owner until now.
ALTER TABLE blobs ADD COLUMN ref_count INTEGER NOT NULL DEFAULT 1 CHECK (ref_count >= 0);
