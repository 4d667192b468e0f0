-- How a text is read: the client's word, or what its bytes show. Null where neither says.
ALTER TABLE files ADD COLUMN charset text COLLATE "C";
-- What is known so far of the charset of an unfinished upload.
ALTER TABLE uploads ADD COLUMN charset_check bytea;
