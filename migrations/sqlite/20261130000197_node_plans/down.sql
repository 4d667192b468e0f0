-- Nothing to do: SQLite plans by no statistics.
SELECT 1;
