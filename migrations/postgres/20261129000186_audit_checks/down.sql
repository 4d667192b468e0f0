-- The rows keep to them: nothing else was ever written.
ALTER TABLE audit_entries
    ADD CONSTRAINT audit_entries_action_check CHECK (length(action) BETWEEN 1 AND 64);
