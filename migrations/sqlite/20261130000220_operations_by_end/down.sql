DROP INDEX operations_by_owner;
CREATE INDEX operations_by_owner ON operations (owner);
