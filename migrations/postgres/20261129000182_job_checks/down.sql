-- The rows keep to them: nothing else was ever written.
ALTER TABLE jobs
    ADD CONSTRAINT jobs_attempt_check CHECK (attempt >= 0),
    ADD CONSTRAINT jobs_state_check CHECK (state IN ('living', 'dead')),
    ADD CONSTRAINT jobs_trace_context CHECK (length(trace_context) <= 55);
