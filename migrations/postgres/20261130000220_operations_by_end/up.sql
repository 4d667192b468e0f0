-- Nothing to do: PostgreSQL does not read what is large in a row to see when it ended.
SELECT 1;
