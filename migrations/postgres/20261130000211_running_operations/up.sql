-- Every item that is found by its id asks whether an operation of its owner runs. Those that have ended are kept for a day.
CREATE INDEX CONCURRENTLY operations_running_idx ON operations (owner_id) WHERE ended_at IS NULL;
