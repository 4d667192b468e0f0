ALTER TABLE nodes
    ALTER COLUMN parent_id RESET (n_distinct),
    ALTER COLUMN trash_id RESET (n_distinct);
ANALYZE nodes;
