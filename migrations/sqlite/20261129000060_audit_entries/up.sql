-- Who did what, when, and from where. Entries refer to no other table: they outlive what they name.
CREATE TABLE audit_entries (
    happened_at INTEGER NOT NULL,
    id          BLOB    NOT NULL CHECK (length(id) = 16),
    action      TEXT    NOT NULL CHECK (length(action) BETWEEN 1 AND 64),
    -- The user who did it. Null: a client that proved no identity, an operator, or the program itself.
    actor       BLOB    CHECK (length(actor) = 16),
    -- The account that it was done to or in.
    account     BLOB    CHECK (length(account) = 16),
    -- The file, session or job that the action names.
    target      BLOB    CHECK (length(target) = 16),
    ip          TEXT,
    user_agent  TEXT,
    -- In the order of every list; purged from its beginning.
    PRIMARY KEY (happened_at, id)
) STRICT, WITHOUT ROWID;

-- Of all rows, also those without an account: a failed login costs the same whether there is one or not.
CREATE INDEX audit_entries_by_account ON audit_entries (account, happened_at, id);

CREATE TRIGGER audit_entries_are_append_only BEFORE UPDATE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'entries of the audit trail are never changed');
END;
