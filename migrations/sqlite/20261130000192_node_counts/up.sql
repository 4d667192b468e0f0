-- How many items a drive has, its root counted.
UPDATE users SET node_count = (SELECT count(*) FROM nodes WHERE drive = users.id);
