-- Which of the operations of a user have ended, and when, is seen without reading their rows, which may be large.
DROP INDEX operations_by_owner;
CREATE INDEX operations_by_owner ON operations (owner, ended_at);
