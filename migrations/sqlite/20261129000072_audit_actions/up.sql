-- A page of a rare action of an account is read without the account's other entries.
CREATE INDEX audit_entries_by_action ON audit_entries (account, action, happened_at, id);
