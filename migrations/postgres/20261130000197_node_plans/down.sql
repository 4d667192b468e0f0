DROP INDEX nodes_parent_id_kind_name_sort_idx;
CREATE INDEX nodes_parent_id_kind_name_sort_idx ON nodes (parent_id, kind, name_sort, id);
ALTER TABLE nodes
    ALTER COLUMN parent_id RESET (n_distinct),
    ALTER COLUMN trash_id RESET (n_distinct);
ANALYZE nodes;
