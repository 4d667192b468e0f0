-- Files and folders are rows of one table. Who writes files waits until it is there. The new table refers to users too, and units of work
-- lock the two tables in either order: what is not free soon is given back, so that neither waits for the other.
DO $$
DECLARE
    limit_before text := current_setting('lock_timeout');
BEGIN
    FOR tries IN REVERSE 300..0 LOOP
        BEGIN
            SET LOCAL lock_timeout = 200;
            LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE;
            LOCK TABLE files IN ACCESS EXCLUSIVE MODE;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            IF tries = 0 THEN
                RAISE;
            END IF;
            PERFORM pg_sleep(0.1);
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', limit_before, true);
END
$$;

CREATE TABLE nodes (
    id                 uuid        NOT NULL CONSTRAINT nodes_pkey PRIMARY KEY,
    -- The personal drive of a user has the user's id, and its root folder has it too.
    drive_id           uuid        NOT NULL CONSTRAINT nodes_drive_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    -- None of roots and of tops of the trash, and of no other row.
    parent_id          uuid        CONSTRAINT nodes_parent_id_fkey REFERENCES nodes (id) DEFERRABLE INITIALLY IMMEDIATE,
    kind               text        COLLATE "C" NOT NULL DEFAULT 'file',
    name               text        NOT NULL,
    -- What names are sorted by: lower case, by code point.
    name_sort          text        COLLATE "C" NOT NULL,
    -- What names are searched by, and what no two entries of a folder share: folded.
    name_search        text        COLLATE "C" NOT NULL,
    -- Of a folder the columns up to the failures of a thumbnail are null, but for those.
    content_type       text        COLLATE "C",
    charset            text        COLLATE "C",
    family             text        COLLATE "C" GENERATED ALWAYS AS (split_part(content_type, '/', 1)) STORED,
    size_bytes         bigint,
    sha256             bytea,
    blob_id            uuid,
    thumbnail_state    text        COLLATE "C",
    thumbnail_blob_id  uuid,
    thumbnail_width    integer,
    thumbnail_height   integer,
    thumbnail_failures integer     NOT NULL DEFAULT 0,
    -- The number of the present content, never given again.
    version            integer     NOT NULL DEFAULT 1,
    content_at         timestamptz NOT NULL DEFAULT now(),
    modified_at        timestamptz NOT NULL DEFAULT now(),
    revision           bigint      NOT NULL,
    -- The number of the drive's change that wrote the row last.
    changed_seq        bigint      NOT NULL DEFAULT 0,
    -- What took the row into the trash; its own id in a top, which alone has the three below.
    trash_id           uuid,
    trashed_from       uuid,
    trashed_at         timestamptz,
    trashed_path       text,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    CONSTRAINT nodes_kind_check CHECK (kind = CASE WHEN blob_id IS NULL THEN 'folder' ELSE 'file' END),
    CONSTRAINT nodes_place_check CHECK ((parent_id IS NULL) = (id = drive_id OR trash_id IS NOT DISTINCT FROM id)),
    CONSTRAINT nodes_thumbnail_check CHECK (
        num_nonnulls(thumbnail_blob_id, thumbnail_width, thumbnail_height)
            = CASE WHEN thumbnail_state = 'ready' THEN 3 ELSE 0 END)
);

INSERT INTO nodes (id, drive_id, kind, name, name_sort, name_search, revision, content_at, modified_at, created_at, updated_at)
SELECT id, id, 'folder', '', '', '', 1, created_at, created_at, created_at, created_at FROM users;

-- Of files with one name the oldest keeps it; the others get the smallest free numbers, in their order.
CREATE FUNCTION files_stem_length(name text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN length(dotted) NOT BETWEEN 2 AND length(name) - 1 THEN length(name)
        WHEN lower(substr(name, length(dotted) - 4, 4)) = '.tar' AND length(dotted) > 5 THEN length(dotted) - 5
        ELSE length(dotted) - 1
    END FROM (SELECT rtrim(name, replace(name, '.', ''))) AS ends (dotted)
$$;
CREATE FUNCTION files_numbered(name text, number bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT left(name, stem) || ' (' || number || ')' || substr(name, stem + 1)
    FROM (SELECT files_stem_length(name)) AS split (stem)
$$;
CREATE TABLE files_taken AS SELECT DISTINCT owner_id, name_search FROM files;
CREATE UNIQUE INDEX files_taken_key ON files_taken (owner_id, name_search);
CREATE TABLE files_renamed AS
WITH RECURSIVE ranked AS (
    SELECT id, owner_id, name_search, row_number() OVER (PARTITION BY owner_id, name_search ORDER BY created_at, id) - 1 AS place
    FROM files
), groups AS (
    SELECT owner_id, name_search, max(place) AS wanted FROM ranked GROUP BY owner_id, name_search HAVING max(place) > 0
), walk (owner_id, name_search, wanted, number, is_free, placed) AS (
    SELECT owner_id, name_search, wanted, 1::bigint, false, 0::bigint FROM groups
    UNION ALL
    SELECT walk.owner_id, walk.name_search, walk.wanted, walk.number + 1, free.is_free, walk.placed + free.is_free::integer
    FROM walk CROSS JOIN LATERAL (
        SELECT NOT EXISTS (
            SELECT FROM files_taken AS taken WHERE taken.owner_id = walk.owner_id
                AND taken.name_search = files_numbered(walk.name_search, walk.number + 1)) AS is_free) AS free
    WHERE walk.placed < walk.wanted
)
SELECT ranked.id, walk.number FROM ranked
JOIN walk ON walk.owner_id = ranked.owner_id AND walk.name_search = ranked.name_search
    AND walk.is_free AND walk.placed = ranked.place;

-- A name that a number would make too long is kept, in a folder of its own that is called by the file's id.
INSERT INTO nodes (id, drive_id, parent_id, kind, name, name_sort, name_search, revision, created_at, updated_at)
SELECT gen_random_uuid(), owner_id, owner_id, 'folder', files.id::text, files.id::text, files.id::text, 1, now(), now()
FROM files JOIN files_renamed AS renamed ON renamed.id = files.id
WHERE length(files_numbered(files.name, renamed.number)) > 255;

INSERT INTO nodes (id, drive_id, parent_id, kind, name, name_sort, name_search, content_type, charset, size_bytes, sha256, blob_id,
                   thumbnail_state, thumbnail_blob_id, thumbnail_width, thumbnail_height, thumbnail_failures, content_at,
                   modified_at, revision, created_at, updated_at)
SELECT files.id, files.owner_id, coalesce(own.id, files.owner_id), 'file',
       CASE WHEN is_numbered THEN files_numbered(files.name, renamed.number) ELSE files.name END,
       CASE WHEN is_numbered THEN files_numbered(files.name_sort, renamed.number) ELSE files.name_sort END,
       CASE WHEN is_numbered THEN files_numbered(files.name_search, renamed.number) ELSE files.name_search END,
       files.content_type, files.charset, files.size_bytes, files.sha256, files.blob_id, files.thumbnail_state,
       files.thumbnail_blob_id, files.thumbnail_width, files.thumbnail_height, files.thumbnail_failures, files.created_at,
       files.created_at, files.revision, files.created_at, files.updated_at
FROM files
LEFT JOIN files_renamed AS renamed ON renamed.id = files.id
LEFT JOIN nodes AS own ON own.parent_id = files.owner_id AND own.kind = 'folder' AND own.name_search = files.id::text
CROSS JOIN LATERAL (SELECT renamed.id IS NOT NULL AND own.id IS NULL) AS numbering (is_numbered);
DROP FUNCTION files_numbered(text, bigint);
DROP FUNCTION files_stem_length(text);
-- contract: 0.1 it was made above, for this migration alone
DROP TABLE files_renamed;
-- contract: 0.1 it was made above, for this migration alone
DROP TABLE files_taken;

-- What is in the trash has left its folder, or lies in one that has: it takes no name, and is in the way of no page.
CREATE UNIQUE INDEX nodes_parent_id_name_search_key ON nodes (parent_id, name_search);
-- Of living folders alone, which most pages are of: what goes into the trash writes to one index less.
CREATE INDEX nodes_parent_id_kind_name_sort_idx ON nodes (parent_id, kind, name_sort, id) WHERE trash_id IS NULL;
CREATE INDEX nodes_created_at_idx ON nodes (drive_id, created_at, id) WHERE kind = 'file' AND trash_id IS NULL;
CREATE INDEX nodes_name_sort_idx ON nodes (drive_id, name_sort, id) WHERE kind = 'file' AND trash_id IS NULL;
CREATE INDEX nodes_size_bytes_idx ON nodes (drive_id, size_bytes, id) WHERE kind = 'file' AND trash_id IS NULL;
CREATE INDEX nodes_sha256_idx ON nodes (drive_id, sha256) WHERE kind = 'file' AND trash_id IS NULL;
CREATE INDEX nodes_content_type_idx ON nodes (drive_id, content_type, created_at, id) WHERE kind = 'file' AND trash_id IS NULL;
CREATE INDEX nodes_family_idx ON nodes (drive_id, family, created_at, id) WHERE kind = 'file' AND trash_id IS NULL;
CREATE INDEX nodes_trashed_at_idx ON nodes (drive_id, trashed_at, id) WHERE trash_id = id;
CREATE INDEX nodes_trash_id_idx ON nodes (trash_id) WHERE trash_id IS NOT NULL;
-- All of a drive: for the removal of its user.
CREATE INDEX nodes_drive_id_idx ON nodes (drive_id, id);

-- contract: 0.1 nodes of the release before read and write the view of the same name
DROP TABLE files;
-- The living files, as nodes of the release before know them. They remove those of a removed account by their places in the table.
CREATE VIEW files AS
SELECT ctid, id, drive_id AS owner_id, name, name_sort, name_search, content_type, family, size_bytes, sha256, blob_id, thumbnail_state,
       thumbnail_blob_id, thumbnail_width, thumbnail_height, revision, created_at, updated_at, charset, thumbnail_failures
FROM nodes WHERE kind = 'file' AND trash_id IS NULL;

-- They know no folders: what they add goes to the root, under a name that is free.
CREATE FUNCTION place_in_root() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    plain nodes := NEW;
    number bigint := 1;
    dotted integer;
    stem integer;
BEGIN
    NEW.parent_id := NEW.drive_id;
    WHILE EXISTS (SELECT FROM nodes WHERE parent_id = NEW.parent_id AND name_search = NEW.name_search) LOOP
        number := number + 1;
        dotted := length(rtrim(plain.name_search, replace(plain.name_search, '.', '')));
        stem := CASE WHEN dotted BETWEEN 2 AND length(plain.name_search) - 1 THEN dotted - 1 ELSE length(plain.name_search) END;
        NEW.name_search := left(plain.name_search, stem) || ' (' || number || ')' || substr(plain.name_search, stem + 1);
        dotted := length(rtrim(plain.name_sort, replace(plain.name_sort, '.', '')));
        stem := CASE WHEN dotted BETWEEN 2 AND length(plain.name_sort) - 1 THEN dotted - 1 ELSE length(plain.name_sort) END;
        NEW.name_sort := left(plain.name_sort, stem) || ' (' || number || ')' || substr(plain.name_sort, stem + 1);
        dotted := length(rtrim(plain.name, replace(plain.name, '.', '')));
        stem := CASE WHEN dotted BETWEEN 2 AND length(plain.name) - 1 THEN dotted - 1 ELSE length(plain.name) END;
        NEW.name := left(plain.name, stem) || ' (' || number || ')' || substr(plain.name, stem + 1);
    END LOOP;
    RETURN NEW;
END
$$;
CREATE TRIGGER nodes_place_in_root BEFORE INSERT ON nodes
    FOR EACH ROW WHEN (NEW.parent_id IS NULL AND NEW.kind = 'file' AND NEW.trash_id IS NULL)
    EXECUTE FUNCTION place_in_root();

-- And users whom they register get their root folder.
CREATE FUNCTION make_root() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO nodes (id, drive_id, kind, name, name_sort, name_search, revision, content_at, modified_at, created_at, updated_at)
    VALUES (NEW.id, NEW.id, 'folder', '', '', '', 1, NEW.created_at, NEW.created_at, NEW.created_at, NEW.created_at)
    ON CONFLICT (id) DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER users_make_root AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION make_root();
-- No plan is made without knowing what is in the table.
ANALYZE nodes;
