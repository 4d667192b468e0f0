-- Nothing to do: SQLite checked the rows when it added the constraint, as it can't add one without.
SELECT 1;
