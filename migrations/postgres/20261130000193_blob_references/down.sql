-- Copies of a file share its blob still: the release before deletes that with the first of them.
DROP TRIGGER blobs_keep_shared ON blobs;
DROP FUNCTION keep_shared_blob;
ALTER TABLE blobs DROP COLUMN ref_count;
