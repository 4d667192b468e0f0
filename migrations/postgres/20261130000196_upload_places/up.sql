-- Where the file of an upload goes: as it was asked for, for what it names may go away meanwhile.
ALTER TABLE uploads
    ADD COLUMN parent_id uuid,
    ADD COLUMN path text NOT NULL DEFAULT '',
    ADD COLUMN on_conflict text COLLATE "C" NOT NULL DEFAULT 'rename',
    ADD COLUMN strict_parent boolean NOT NULL DEFAULT false,
    ADD COLUMN modified_at timestamptz;
