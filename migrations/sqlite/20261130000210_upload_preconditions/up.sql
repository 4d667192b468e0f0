-- What has to be true of the name of an upload's file: `free`, `*` (a file has it), or the revisions that the file may be in, between commas.
ALTER TABLE uploads ADD COLUMN precondition TEXT;
