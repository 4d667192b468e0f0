-- The program's own types see to these. A CHECK is read from its text and evaluated by every statement that writes a row,
-- whichever columns it sets. One table each, so that this waits for no two of the locks of a unit of work.
ALTER TABLE jobs
    DROP CONSTRAINT jobs_attempt_check,
    DROP CONSTRAINT jobs_state_check,
    DROP CONSTRAINT jobs_trace_context;
