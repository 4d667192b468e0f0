-- Who did what, when, and from where. Entries refer to no other table: they outlive what they name.
CREATE TABLE audit_entries (
    happened_at timestamptz NOT NULL,
    id          uuid        NOT NULL,
    action      text        COLLATE "C" NOT NULL CONSTRAINT audit_entries_action_check CHECK (length(action) BETWEEN 1 AND 64),
    -- The user who did it. Null: a client that proved no identity, an operator, or the program itself.
    actor_id    uuid,
    -- The account that it was done to or in.
    account_id  uuid,
    -- The file, session or job that the action names.
    target_id   uuid,
    ip          text        COLLATE "C",
    user_agent  text        COLLATE "C",
    -- In the order of every list; purged from its beginning.
    CONSTRAINT audit_entries_pkey PRIMARY KEY (happened_at, id)
);

-- Of all rows, also those without an account: a failed login costs the same whether there is one or not.
CREATE INDEX audit_entries_account_id_happened_at_idx ON audit_entries (account_id, happened_at, id);

CREATE FUNCTION audit_entries_refuse_update() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'entries of the audit trail are never changed'; END $$;

CREATE TRIGGER audit_entries_are_append_only BEFORE UPDATE ON audit_entries
    FOR EACH STATEMENT EXECUTE PROCEDURE audit_entries_refuse_update();
