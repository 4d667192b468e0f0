-- Files and folders are rows of one table. Ids are the 16 bytes of a UUID, times are microseconds since 1970 UTC.
CREATE TABLE nodes (
    id                 BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    -- The personal drive of a user has the user's id, and its root folder has it too.
    drive              BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- None of roots and of tops of the trash, and of no other row.
    parent             BLOB    REFERENCES nodes (id) DEFERRABLE INITIALLY DEFERRED,
    kind               TEXT    NOT NULL CHECK (kind IN ('file', 'folder')),
    name               TEXT    NOT NULL,
    name_sort          TEXT    NOT NULL COLLATE BINARY,
    name_search        TEXT    NOT NULL COLLATE BINARY,
    -- Of a folder the columns up to the height of a thumbnail are null.
    content_type       TEXT,
    charset            TEXT    CHECK (length(charset) BETWEEN 1 AND 40),
    family             TEXT,
    size               INTEGER CHECK (size >= 0),
    sha256             BLOB    CHECK (length(sha256) = 32),
    blob               BLOB    CHECK (length(blob) = 16),
    thumbnail          TEXT    CHECK (thumbnail IN ('none', 'pending', 'ready', 'failed')),
    thumbnail_blob     BLOB    CHECK (length(thumbnail_blob) = 16),
    thumbnail_width    INTEGER CHECK (thumbnail_width >= 0),
    thumbnail_height   INTEGER CHECK (thumbnail_height >= 0),
    thumbnail_failures INTEGER NOT NULL DEFAULT 0 CHECK (thumbnail_failures >= 0),
    -- The number of the present content, never given again.
    version            INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    content_at         INTEGER NOT NULL,
    modified_at        INTEGER NOT NULL,
    revision           INTEGER NOT NULL CHECK (revision >= 1),
    -- The number of the drive's change that wrote the row last.
    changed_seq        INTEGER NOT NULL DEFAULT 0,
    -- What took the row into the trash; its own id in a top, which alone has the three below.
    trash              BLOB,
    trashed_from       BLOB,
    trashed_at         INTEGER,
    trashed_path       TEXT,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    CHECK ((kind = 'file') = (blob IS NOT NULL)),
    CHECK ((kind = 'file') = (size IS NOT NULL)),
    CHECK ((parent IS NULL) = (id = drive OR trash IS id)),
    CHECK ((thumbnail IS 'ready') = (thumbnail_blob IS NOT NULL)),
    CHECK ((thumbnail IS 'ready') = (thumbnail_width IS NOT NULL)),
    CHECK ((thumbnail IS 'ready') = (thumbnail_height IS NOT NULL))
) STRICT;

INSERT INTO nodes (id, drive, kind, name, name_sort, name_search, content_at, modified_at, revision, created_at, updated_at)
SELECT id, id, 'folder', '', '', '', created_at, created_at, 1, created_at, created_at FROM users;

-- Of files with one name the oldest keeps it; the others get the smallest free numbers, in their order. The stem of a name ends before its
-- last dot, where that is neither its first nor its last character, and before `.tar` in front of that.
CREATE TEMP TABLE stems (owner BLOB, name_search TEXT, stem TEXT, extension TEXT, wanted INTEGER, PRIMARY KEY (owner, name_search));
INSERT INTO stems
SELECT owner, name_search,
       CASE WHEN length(dotted) NOT BETWEEN 2 AND length(name_search) - 1 THEN name_search
            WHEN length(dotted) > 5 AND substr(name_search, length(dotted) - 4, 4) = '.tar' THEN substr(name_search, 1, length(dotted) - 5)
            ELSE substr(name_search, 1, length(dotted) - 1) END,
       CASE WHEN length(dotted) NOT BETWEEN 2 AND length(name_search) - 1 THEN ''
            WHEN length(dotted) > 5 AND substr(name_search, length(dotted) - 4, 4) = '.tar' THEN substr(name_search, length(dotted) - 4)
            ELSE substr(name_search, length(dotted)) END,
       wanted
FROM (SELECT owner, name_search, rtrim(name_search, replace(name_search, '.', '')) AS dotted, count(*) - 1 AS wanted
      FROM files GROUP BY owner, name_search HAVING count(*) > 1);
CREATE TEMP TABLE taken (owner BLOB, name_search TEXT, PRIMARY KEY (owner, name_search)) WITHOUT ROWID;
INSERT INTO taken SELECT DISTINCT owner, name_search FROM files;
CREATE TEMP TABLE renamed (id BLOB PRIMARY KEY, number INTEGER) WITHOUT ROWID;
INSERT INTO renamed
WITH RECURSIVE walk (owner, name_search, stem, extension, wanted, number, is_free, placed) AS (
    SELECT owner, name_search, stem, extension, wanted, 1, 0, 0 FROM stems
    UNION ALL
    SELECT walk.owner, walk.name_search, stem, extension, wanted, number + 1,
           NOT EXISTS (SELECT 1 FROM taken WHERE taken.owner = walk.owner
                       AND taken.name_search = stem || ' (' || (number + 1) || ')' || extension),
           placed + NOT EXISTS (SELECT 1 FROM taken WHERE taken.owner = walk.owner
                                AND taken.name_search = stem || ' (' || (number + 1) || ')' || extension)
    FROM walk WHERE placed < wanted
)
SELECT ranked.id, walk.number
FROM (SELECT id, owner, name_search, row_number() OVER (PARTITION BY owner, name_search ORDER BY created_at, id) - 1 AS place
      FROM files) AS ranked
JOIN walk ON walk.owner = ranked.owner AND walk.name_search = ranked.name_search AND walk.is_free AND walk.placed = ranked.place;

-- A name that a number would make too long is kept, in a folder of its own that is called by the file's id.
CREATE TEMP TABLE own_folders (file BLOB PRIMARY KEY, folder BLOB) WITHOUT ROWID;
INSERT INTO own_folders
SELECT files.id, randomblob(16) FROM files JOIN renamed ON renamed.id = files.id
WHERE length(files.name) + length(' (' || number || ')') > 255;
INSERT INTO nodes (id, drive, parent, kind, name, name_sort, name_search, content_at, modified_at, revision, created_at, updated_at)
SELECT folder, owner, owner, 'folder', lower(hex(id)), lower(hex(id)), lower(hex(id)), created_at, created_at, 1, created_at, created_at
FROM files JOIN own_folders ON file = id;

INSERT INTO nodes (id, drive, parent, kind, name, name_sort, name_search, content_type, charset, family, size, sha256, blob, thumbnail,
                   thumbnail_blob, thumbnail_width, thumbnail_height, thumbnail_failures, content_at, modified_at, revision,
                   created_at, updated_at)
SELECT id, owner, coalesce(folder, owner), 'file',
       CASE WHEN is_numbered THEN substr(name, 1, name_stem) || ' (' || number || ')' || substr(name, name_stem + 1) ELSE name END,
       CASE WHEN is_numbered THEN substr(name_sort, 1, sort_stem) || ' (' || number || ')' || substr(name_sort, sort_stem + 1)
            ELSE name_sort END,
       CASE WHEN is_numbered THEN substr(name_search, 1, search_stem) || ' (' || number || ')' || substr(name_search, search_stem + 1)
            ELSE name_search END,
       content_type, charset, family, size, sha256, blob, thumbnail, thumbnail_blob, thumbnail_width, thumbnail_height,
       thumbnail_failures, created_at, created_at, revision, created_at, updated_at
FROM (SELECT files.*, number, folder, number IS NOT NULL AND folder IS NULL AS is_numbered,
             CASE WHEN length(rtrim(name, replace(name, '.', ''))) NOT BETWEEN 2 AND length(name) - 1 THEN length(name)
                      WHEN length(rtrim(name, replace(name, '.', ''))) > 5 AND lower(substr(name, length(rtrim(name, replace(name, '.', ''))) - 4, 4)) = '.tar' THEN length(rtrim(name, replace(name, '.', ''))) - 5
                      ELSE length(rtrim(name, replace(name, '.', ''))) - 1 END AS name_stem,
             CASE WHEN length(rtrim(name_sort, replace(name_sort, '.', ''))) NOT BETWEEN 2 AND length(name_sort) - 1 THEN length(name_sort)
                      WHEN length(rtrim(name_sort, replace(name_sort, '.', ''))) > 5 AND lower(substr(name_sort, length(rtrim(name_sort, replace(name_sort, '.', ''))) - 4, 4)) = '.tar' THEN length(rtrim(name_sort, replace(name_sort, '.', ''))) - 5
                      ELSE length(rtrim(name_sort, replace(name_sort, '.', ''))) - 1 END AS sort_stem,
             CASE WHEN length(rtrim(name_search, replace(name_search, '.', ''))) NOT BETWEEN 2 AND length(name_search) - 1 THEN length(name_search)
                      WHEN length(rtrim(name_search, replace(name_search, '.', ''))) > 5 AND lower(substr(name_search, length(rtrim(name_search, replace(name_search, '.', ''))) - 4, 4)) = '.tar' THEN length(rtrim(name_search, replace(name_search, '.', ''))) - 5
                      ELSE length(rtrim(name_search, replace(name_search, '.', ''))) - 1 END AS search_stem
      FROM files LEFT JOIN renamed ON renamed.id = files.id LEFT JOIN own_folders ON file = files.id);

-- contract: 0.1 it was made above, for this migration alone
DROP TABLE stems;
-- contract: 0.1 it was made above, for this migration alone
DROP TABLE taken;
-- contract: 0.1 it was made above, for this migration alone
DROP TABLE renamed;
-- contract: 0.1 it was made above, for this migration alone
DROP TABLE own_folders;

-- contract: 0.1 programs of two releases don't share a file
DROP TABLE files;

-- What is in the trash has left its folder, or lies in one that has: it takes no name, and is in the way of no page.
CREATE UNIQUE INDEX nodes_by_key ON nodes (parent, name_search);
CREATE INDEX nodes_by_parent ON nodes (parent, kind, name_sort, id);
CREATE INDEX nodes_by_created_at ON nodes (drive, created_at, id) WHERE kind = 'file' AND trash IS NULL;
CREATE INDEX nodes_by_name ON nodes (drive, name_sort, id) WHERE kind = 'file' AND trash IS NULL;
CREATE INDEX nodes_by_size ON nodes (drive, size, id) WHERE kind = 'file' AND trash IS NULL;
CREATE INDEX nodes_by_sha256 ON nodes (drive, sha256, created_at, id) WHERE kind = 'file' AND trash IS NULL;
CREATE INDEX nodes_by_content_type ON nodes (drive, content_type, created_at, id) WHERE kind = 'file' AND trash IS NULL;
CREATE INDEX nodes_by_family ON nodes (drive, family, created_at, id) WHERE kind = 'file' AND trash IS NULL;
CREATE INDEX nodes_by_trashed_at ON nodes (drive, trashed_at, id) WHERE trash = id;
CREATE INDEX nodes_by_trash ON nodes (trash) WHERE trash IS NOT NULL;
-- All of a drive: for the removal of its user.
CREATE INDEX nodes_by_drive ON nodes (drive, id);

-- Every user has a root folder.
CREATE TRIGGER users_make_root AFTER INSERT ON users BEGIN
    INSERT INTO nodes (id, drive, kind, name, name_sort, name_search, content_at, modified_at, revision, created_at, updated_at)
    VALUES (NEW.id, NEW.id, 'folder', '', '', '', NEW.created_at, NEW.created_at, 1, NEW.created_at, NEW.created_at);
END;
