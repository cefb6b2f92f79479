-- What quick calls have answered, where they are recorded as jobs.
-- depends: 0012_refusals

CREATE TABLE call_results (
    job_id uuid PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
    body text NOT NULL                      -- JSON, as it is sent: jsonb would round numbers
);
