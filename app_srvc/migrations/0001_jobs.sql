-- Jobs, the files they need, and who works on them. docs/states.md draws the states.

CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    queue text NOT NULL,
    task text NOT NULL,
    args jsonb NOT NULL,
    owner text,                             -- NULL: whoever holds the id
    title text NOT NULL,
    size double precision NOT NULL DEFAULT 1 CHECK (size >= 0),
    state text NOT NULL DEFAULT 'waiting' CHECK (
        state IN ('scheduled', 'waiting', 'running', 'finished', 'failed', 'cancelled')
    ),
    stage text NOT NULL DEFAULT '',
    progress double precision NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    reason text,                            -- why it failed or was cancelled, for a person
    max_failures integer NOT NULL CHECK (max_failures >= 1),
    timeout_seconds integer NOT NULL CHECK (timeout_seconds >= 1),
    failures integer NOT NULL DEFAULT 0,
    attempt integer NOT NULL DEFAULT 0,     -- the fencing token: counts every start
    worker text,
    lease_until timestamptz,
    taken_at timestamptz,                   -- when the current attempt began
    cancel_requested_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz,
    waiting_since timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    ended_at timestamptz,
    CHECK ((state = 'running') = (lease_until IS NOT NULL)),
    CHECK ((state IN ('finished', 'failed', 'cancelled')) = (ended_at IS NOT NULL)),
    CHECK (state <> 'failed' OR reason IS NOT NULL),
    CHECK (state <> 'scheduled' OR due_at IS NOT NULL)
) WITH (fillfactor = 70);                   -- leases are renewed in place

CREATE INDEX jobs_waiting ON jobs (queue, waiting_since, id) WHERE state = 'waiting';
CREATE INDEX jobs_running ON jobs (queue) WHERE state = 'running';
CREATE INDEX jobs_due ON jobs (due_at) WHERE state = 'scheduled';
CREATE INDEX jobs_newest ON jobs (created_at DESC, id DESC);
CREATE INDEX jobs_of_owner ON jobs (owner, created_at DESC, id DESC);
CREATE INDEX jobs_ended ON jobs (queue, ended_at DESC)
    WHERE state IN ('finished', 'failed', 'cancelled');

CREATE TABLE job_attempts (
    job_id uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
    attempt integer NOT NULL,
    worker text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    outcome text CHECK (
        outcome IN ('finished', 'failed', 'cancelled', 'lost', 'given back')
    ),
    reason text,
    PRIMARY KEY (job_id, attempt)
);

CREATE TABLE job_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
    at timestamptz NOT NULL DEFAULT now(),
    message text NOT NULL
);
CREATE INDEX job_log_of_job ON job_log (job_id, id);

-- Every stored file has a row here before its first byte is written.
CREATE TABLE files (
    key text PRIMARY KEY,
    bytes bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz                  -- NULL: a job that has not ended needs it
);
CREATE INDEX files_expiring ON files (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE job_files (
    job_id uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
    key text NOT NULL,                      -- outlives the file: a retry asks whether it is there
    working boolean NOT NULL DEFAULT false, -- made by the job for itself: goes when it ends
    PRIMARY KEY (job_id, key)
);
CREATE INDEX job_files_of_key ON job_files (key);

CREATE TABLE workers (
    name text PRIMARY KEY,
    queues text[] NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE operator_links (
    token_hash text PRIMARY KEY,
    expires_at timestamptz NOT NULL
);

-- Whoever watches a job hears of a change as it commits. A renewed lease is no change.
CREATE FUNCTION tell_job_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('job_changed', NEW.id::text);
    RETURN NULL;
END
$$;

CREATE TRIGGER job_changed AFTER UPDATE ON jobs FOR EACH ROW
WHEN (
    (OLD.state, OLD.stage, OLD.progress, OLD.attempt, OLD.cancel_requested_at IS NULL)
    IS DISTINCT FROM
    (NEW.state, NEW.stage, NEW.progress, NEW.attempt, NEW.cancel_requested_at IS NULL)
)
EXECUTE FUNCTION tell_job_changed();
