-- In a transaction of its own: others read and write the table meanwhile.
ALTER TABLE files VALIDATE CONSTRAINT files_thumbnail_failures_check;
