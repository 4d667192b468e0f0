-- How many items a drive has, its root counted. A node of the release before does not count what it adds: only where a folder may be full
-- is anything decided by it, and then its entries are counted.
UPDATE users SET node_count = (SELECT count(*) FROM nodes WHERE drive_id = users.id);
