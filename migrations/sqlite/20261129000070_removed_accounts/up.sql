-- When the account was removed. From then on no query finds the user; a job removes what they had, then the row.
ALTER TABLE users ADD COLUMN removed_at INTEGER;
