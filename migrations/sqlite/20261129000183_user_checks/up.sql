-- Nothing to do: SQLite can't drop a constraint.
SELECT 1;
