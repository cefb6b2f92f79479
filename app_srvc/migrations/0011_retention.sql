-- depends: 0010_metrics
-- For how long things are kept, where an operator has set it; NULL, or no row: as the environment says.

CREATE TABLE kept_periods (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    files_days integer CHECK (files_days >= 1),     -- after the last job that needs a file has ended
    jobs_days integer CHECK (jobs_days >= 1),       -- after it has ended, with all that is its own
    history_days integer CHECK (history_days >= 1), -- cycles, and what became of records
    version integer NOT NULL                        -- against two editors
);

-- Who changed what, from what to what.
CREATE TABLE kept_periods_audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,                    -- a login; 'operator': without an account
    before jsonb NOT NULL,
    after jsonb NOT NULL
);

-- When the last job that needs a file has ended. How long it is kept from then on is asked when it is
-- swept: so a change acts on what is there. `expires_at` is the end of files that no job keeps.
ALTER TABLE files ADD COLUMN released_at timestamptz;
CREATE INDEX files_released ON files (released_at) WHERE released_at IS NOT NULL;

UPDATE files SET released_at = jobs_of.ended_at, expires_at = NULL
FROM (
    SELECT key, max(ended_at) AS ended_at FROM job_files JOIN jobs ON jobs.id = job_files.job_id
    WHERE NOT working GROUP BY key HAVING bool_and(ended_at IS NOT NULL)
) AS jobs_of
WHERE jobs_of.key = files.key AND files.expires_at > now();

-- The oldest are counted and forgotten without a look at the others.
CREATE INDEX cycles_by_end ON cycles (ended_at) WHERE ended_at IS NOT NULL;
