-- One folder of a million entries must not make the planner expect that of every folder: it would read the whole table at each level of a
-- walk. So it is told how many folders, and tops of the trash, there are to so many nodes.
ALTER TABLE nodes
    ALTER COLUMN parent_id SET (n_distinct = -0.05),
    ALTER COLUMN trash_id SET (n_distinct = -0.05);
-- Pages are read of living folders, but for a few: what goes into the trash writes to one index less.
-- contract: 0.1 the same index, of fewer rows, follows at once
DROP INDEX nodes_parent_id_kind_name_sort_idx;
CREATE INDEX nodes_parent_id_kind_name_sort_idx ON nodes (parent_id, kind, name_sort, id) WHERE trash_id IS NULL;
ANALYZE nodes;
