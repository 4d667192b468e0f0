-- Every item that is found by its id asks whether an operation of its owner runs. Those that have ended are kept for a day.
CREATE INDEX operations_running ON operations (owner) WHERE ended_at IS NULL;
