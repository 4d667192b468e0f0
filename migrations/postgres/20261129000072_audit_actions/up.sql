-- A page of a rare action of an account is read without the account's other entries.
CREATE INDEX audit_entries_account_id_action_happened_at_idx ON audit_entries (account_id, action, happened_at, id);
