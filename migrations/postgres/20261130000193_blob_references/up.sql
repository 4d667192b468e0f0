-- How many rows refer to a stored blob: files, their thumbnails and versions. Each had one owner until now.
ALTER TABLE blobs ADD COLUMN ref_count integer NOT NULL DEFAULT 1;

-- Nodes of the release before take each blob for that of one file, and count no references: where they mark one as deleted that others refer
-- to, only theirs is dropped.
CREATE FUNCTION keep_shared_blob() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.ref_count := OLD.ref_count - 1;
    NEW.state := OLD.state;
    NEW.doomed_at := OLD.doomed_at;
    NEW.due_at := OLD.due_at;
    RETURN NEW;
END
$$;
CREATE TRIGGER blobs_keep_shared BEFORE UPDATE OF state ON blobs
    FOR EACH ROW WHEN (OLD.state = 'settled' AND NEW.state = 'doomed' AND OLD.ref_count > 1 AND NEW.ref_count = OLD.ref_count)
    EXECUTE FUNCTION keep_shared_blob();
