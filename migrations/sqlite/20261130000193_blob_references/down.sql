-- Copies of a file share its blob still: the release before deletes that with the first of them.
ALTER TABLE blobs DROP COLUMN ref_count;
