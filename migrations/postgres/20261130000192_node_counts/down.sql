-- The column goes with the migration that brought it.
SELECT 1;
