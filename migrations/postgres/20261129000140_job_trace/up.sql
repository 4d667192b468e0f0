-- The span that asked for a job, as a W3C traceparent: the job runs in its trace.
ALTER TABLE jobs ADD COLUMN trace_context text CONSTRAINT jobs_trace_context CHECK (length(trace_context) <= 55);
