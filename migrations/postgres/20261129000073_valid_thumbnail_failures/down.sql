ALTER TABLE files DROP CONSTRAINT files_thumbnail_failures_check;
ALTER TABLE files ADD CONSTRAINT files_thumbnail_failures_check CHECK (thumbnail_failures >= 0) NOT VALID;
