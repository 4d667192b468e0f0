-- A page of a rare action of an account is read without the account's other entries. Of two indexes that begin alike the
-- planner takes the one that was made first, so the other is made again.
DROP INDEX audit_entries_by_account;
CREATE INDEX audit_entries_by_action ON audit_entries (account, action, happened_at, id);
CREATE INDEX audit_entries_by_account ON audit_entries (account, happened_at, id);
