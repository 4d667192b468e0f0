-- One folder of a million entries must not make the planner expect that of every folder: it would read the whole table at each level of a
-- walk. So it is told how many folders, and tops of the trash, there are to so many nodes.
ALTER TABLE nodes
    ALTER COLUMN parent_id SET (n_distinct = -0.05),
    ALTER COLUMN trash_id SET (n_distinct = -0.05);
ANALYZE nodes;
