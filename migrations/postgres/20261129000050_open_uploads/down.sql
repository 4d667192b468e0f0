DROP INDEX uploads_open_owner_id_idx;
