-- depends: 0008_processors
-- What operators see at a glance, and a day of how it was.

ALTER TABLE workers ADD COLUMN memory_bytes bigint;     -- NULL: it has not said

-- A row a minute for each queue; what is older than a day goes with each new one.
CREATE TABLE ops_samples (
    queue text NOT NULL,
    at timestamptz NOT NULL,                -- the end of the minute
    waiting integer NOT NULL,
    running integer NOT NULL,
    oldest_seconds double precision,        -- NULL: nothing waited
    done integer NOT NULL,                  -- in that minute
    failed integer NOT NULL,
    PRIMARY KEY (queue, at)
);
CREATE INDEX ops_samples_by_time ON ops_samples (at);

-- All files together. To add them up takes the longer the more there are, so it is done now and then.
CREATE TABLE ops_files (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    at timestamptz NOT NULL,
    files bigint NOT NULL,
    bytes bigint NOT NULL
);

-- The latest failures, and those for one reason. Reasons may be longer than an index takes.
CREATE INDEX jobs_failed ON jobs (ended_at DESC) WHERE state = 'failed' AND part_of IS NULL;
CREATE INDEX jobs_failed_alike ON jobs (queue, md5(reason), ended_at, id)
    WHERE state = 'failed' AND part_of IS NULL;
CREATE INDEX mails_not_gone ON mails (created_at) WHERE state IN ('waiting', 'failed');
