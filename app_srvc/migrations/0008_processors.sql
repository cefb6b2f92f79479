-- depends: 0007_accounts
-- Records that are taken in batches and handled one by one. Every statement that changes a record
-- checks `claim_seq`, which grows with each claim: whoever has lost a record changes nothing.

CREATE TABLE processors (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9-]{0,49}$'),
    title text NOT NULL,
    handler text NOT NULL,
    config jsonb NOT NULL DEFAULT '{}',
    source text NOT NULL DEFAULT 'inbox' CHECK (source IN ('inbox', 'postgresql')),
    source_config jsonb NOT NULL DEFAULT '{}',
    source_mark text,                       -- how far a source was read that cannot be written to
    desired text NOT NULL DEFAULT 'stopped' CHECK (desired IN ('running', 'paused', 'stopped')),
    reason text,                            -- why it was paused, if not by a person, or cannot be read
    changed_at timestamptz NOT NULL DEFAULT now(),      -- when `desired` became what it is
    epoch bigint NOT NULL DEFAULT 0,        -- grows with each start and stop: an old timer does nothing
    once boolean NOT NULL DEFAULT false,    -- it stops when the open cycle has ended
    halted boolean NOT NULL DEFAULT false,  -- stopped a second time: what is in work is given back
    pause_seconds double precision NOT NULL DEFAULT 5 CHECK (pause_seconds BETWEEN 0 AND 86400),
    batch_size integer NOT NULL DEFAULT 100 CHECK (batch_size BETWEEN 1 AND 10000),
    parallel integer NOT NULL DEFAULT 2 CHECK (parallel BETWEEN 1 AND 64),
    rate double precision CHECK (rate > 0), -- records a second; NULL: as fast as they go
    next_slot_at timestamptz NOT NULL DEFAULT now(),
    timeout_seconds integer NOT NULL DEFAULT 60 CHECK (timeout_seconds >= 1),
    lease_seconds integer NOT NULL DEFAULT 90,
    max_attempts integer NOT NULL DEFAULT 8 CHECK (max_attempts >= 1),
    max_lost integer NOT NULL DEFAULT 3 CHECK (max_lost >= 1),
    backoff_seconds double precision NOT NULL DEFAULT 2 CHECK (backoff_seconds > 0),
    backoff_cap_seconds double precision NOT NULL DEFAULT 900,
    on_unknown text NOT NULL DEFAULT 'park' CHECK (on_unknown IN ('retry', 'park')),
    in_order boolean NOT NULL DEFAULT false, -- records of one order_key one after the other
    own_process boolean NOT NULL DEFAULT false, -- one rq job a record, not one for as many as there are
    breaker_after integer NOT NULL DEFAULT 10 CHECK (breaker_after >= 1),
    destination_failures integer NOT NULL DEFAULT 0,    -- in a row
    probe_at timestamptz,                   -- the destination is down, and one record tries it then
    keep_days integer NOT NULL DEFAULT 30 CHECK (keep_days >= 1),   -- what is done
    next_cycle_at timestamptz NOT NULL DEFAULT now(),
    done bigint NOT NULL DEFAULT 0,         -- by all its cycles, also those that are forgotten
    version integer NOT NULL DEFAULT 0,     -- of the parameters, against two editors
    CHECK (timeout_seconds < lease_seconds)
);

CREATE TABLE cycles (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    processor_id integer NOT NULL REFERENCES processors ON DELETE CASCADE,
    epoch bigint NOT NULL,
    cause text NOT NULL CHECK (cause IN ('timer', 'person')),
    claimed integer NOT NULL DEFAULT 0,
    done integer,
    retried integer,
    dead integer,
    uncertain integer,
    lost integer,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    error text                              -- why its records could not be claimed
);
-- One loop a processor, however often it is started.
CREATE UNIQUE INDEX cycles_open ON cycles (processor_id) WHERE ended_at IS NULL;
CREATE INDEX cycles_newest ON cycles (processor_id, id DESC);

CREATE TABLE records (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    processor_id integer NOT NULL REFERENCES processors ON DELETE CASCADE,
    source_key text NOT NULL,               -- the same record is taken in once
    order_key text,
    priority smallint NOT NULL DEFAULT 0,
    status text NOT NULL DEFAULT 'new' CHECK (status IN (
        'new', 'queued', 'running', 'retry', 'done', 'dead', 'uncertain'
    )),
    available_at timestamptz NOT NULL DEFAULT now(),
    claim_seq integer NOT NULL DEFAULT 0,   -- the fencing token
    attempts smallint NOT NULL DEFAULT 0,
    lost smallint NOT NULL DEFAULT 0,
    lease_until timestamptz,
    cycle_id bigint,
    worker text,
    started_at timestamptz,
    idem_key uuid NOT NULL DEFAULT gen_random_uuid(),   -- what the outside is told, the same each time
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    error text,
    given_up boolean NOT NULL DEFAULT false,    -- failed for good: what was done is undone first
    refused_at timestamptz,                 -- when the other side did not let it in, and all waited
    CHECK ((status = 'running') = (lease_until IS NOT NULL))
) WITH (
    fillfactor = 80, autovacuum_vacuum_scale_factor = 0.005, autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_cost_delay = 0
);
CREATE UNIQUE INDEX records_source ON records (processor_id, source_key);
CREATE INDEX records_ready ON records (processor_id, priority DESC, available_at, id)
    WHERE status IN ('new', 'retry');
CREATE INDEX records_leased ON records (lease_until) WHERE status = 'running';
CREATE INDEX records_of_cycle ON records (cycle_id, status, id) WHERE status IN ('queued', 'running');
CREATE INDEX records_boxed ON records (processor_id, status, ended_at DESC, id DESC)
    WHERE status IN ('retry', 'dead', 'uncertain');
CREATE INDEX records_before ON records (processor_id, order_key, id)
    WHERE order_key IS NOT NULL AND status NOT IN ('done');
-- The old lie together: the archive finds them without looking at the others.
CREATE INDEX records_of_time ON records USING brin (created_at) WITH (autosummarize = on);

-- Apart from the records, which are changed often: a payload is written once.
CREATE TABLE record_payloads (
    record_id bigint PRIMARY KEY REFERENCES records ON DELETE CASCADE,
    media_type text NOT NULL,
    body bytea NOT NULL
);

-- What became of each claim. A month goes at once, with its partition.
CREATE TABLE record_attempts (
    record_id bigint NOT NULL,
    claim_seq integer NOT NULL,
    cycle_id bigint,
    outcome text NOT NULL CHECK (outcome IN (
        'done', 'retry', 'dead', 'uncertain', 'lost', 'given back', 'late done', 'late failure'
    )),
    worker text,
    started_at timestamptz,
    ended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    http_status integer,
    message text
) PARTITION BY RANGE (ended_at);
CREATE TABLE record_attempts_rest PARTITION OF record_attempts DEFAULT;
CREATE INDEX record_attempts_of_record ON record_attempts (record_id, ended_at);
CREATE INDEX record_attempts_of_cycle ON record_attempts (cycle_id) WHERE cycle_id IS NOT NULL;

CREATE TABLE record_lines (
    record_id bigint NOT NULL,
    claim_seq integer NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    line text NOT NULL
) PARTITION BY RANGE (at);
CREATE TABLE record_lines_rest PARTITION OF record_lines DEFAULT;
CREATE INDEX record_lines_of_record ON record_lines (record_id, at);

-- Each month's rows lie in a part of their own; months_ahead is 0 for this one. What came while nobody
-- had made the month's lies in the rest, and is moved.
CREATE FUNCTION make_month(of_table text, by_column text, months_ahead integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    first date := date_trunc('month', now()) + make_interval(months => months_ahead);
    after date := first + interval '1 month';
    part text := of_table || to_char(first, '_YYYY_MM');
BEGIN
    IF to_regclass(part) IS NOT NULL THEN
        RETURN;
    END IF;
    SET LOCAL lock_timeout = '1s';          -- whoever waits for this lock makes all others wait
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', of_table);
    EXECUTE format('CREATE TEMP TABLE astray ON COMMIT DROP AS SELECT * FROM %I WHERE %I >= %L AND %I < %L',
        of_table || '_rest', by_column, first, by_column, after);
    EXECUTE format('DELETE FROM %I WHERE %I >= %L AND %I < %L',
        of_table || '_rest', by_column, first, by_column, after);
    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
        part, of_table, first, after);
    EXECUTE format('INSERT INTO %I SELECT * FROM astray', of_table);
    DROP TABLE astray;
END $$;
SELECT make_month('record_attempts', 'ended_at', month), make_month('record_lines', 'at', month)
FROM generate_series(0, 1) AS month;

-- The journal: what is done is never done again, and what began a call without an end is unknown.
CREATE TABLE record_steps (
    record_id bigint NOT NULL REFERENCES records ON DELETE CASCADE,
    name text NOT NULL,                     -- of the step; of what the handler itself calls
    undoes boolean NOT NULL DEFAULT false,  -- what undoes that step
    undoable boolean NOT NULL DEFAULT false, -- it is to be undone when the record fails for good
    number smallint NOT NULL,               -- where it stood, for people; 0: the handler itself
    digest text NOT NULL DEFAULT '',        -- of the handler and the configuration that it had
    state text NOT NULL CHECK (state IN ('begun', 'done', 'compensated')),
    claim_seq integer NOT NULL,
    http_status integer,
    media_type text,                        -- of what it has made, if it made anything
    body bytea,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (record_id, name, undoes)
);

-- What stood in a record before somebody changed it.
CREATE TABLE record_payload_versions (
    record_id bigint NOT NULL REFERENCES records ON DELETE CASCADE,
    number integer NOT NULL,
    media_type text NOT NULL,
    body bytea NOT NULL,
    replaced_by text NOT NULL,
    replaced_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (record_id, number)
);

-- Records that were done long ago: that they were is kept, what was in them is not.
CREATE TABLE archived_records (
    id bigint PRIMARY KEY,
    processor_id integer NOT NULL REFERENCES processors ON DELETE CASCADE,
    source_key text NOT NULL,
    idem_key uuid NOT NULL,
    attempts smallint NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX archived_records_source ON archived_records (processor_id, source_key);

-- Who did what to which processor; what was there before, and after.
CREATE TABLE processor_audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    processor_id integer NOT NULL REFERENCES processors ON DELETE CASCADE,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,                    -- a login; empty: the product itself
    action text NOT NULL,
    object text NOT NULL DEFAULT '',
    before jsonb,
    after jsonb
);
CREATE INDEX processor_audit_newest ON processor_audit (processor_id, id DESC);

CREATE TABLE record_imports (
    job_id uuid PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
    processor_id integer NOT NULL REFERENCES processors ON DELETE CASCADE,
    file_key text REFERENCES files ON DELETE SET NULL,
    file_name text NOT NULL,
    options jsonb NOT NULL,                 -- format, key column, record path, ...
    position bigint NOT NULL DEFAULT 0,     -- lines or elements that are taken in for good
    added bigint NOT NULL DEFAULT 0,
    known bigint NOT NULL DEFAULT 0,
    bad bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX record_imports_newest ON record_imports (processor_id, created_at DESC);
CREATE TABLE record_import_faults (
    job_id uuid NOT NULL REFERENCES record_imports ON DELETE CASCADE,
    line bigint NOT NULL,
    fault text NOT NULL,
    PRIMARY KEY (job_id, line)
);

-- How many handlers of a processor work at once is how many of these are held.
CREATE TABLE lanes (
    processor_id integer NOT NULL REFERENCES processors ON DELETE CASCADE,
    number integer NOT NULL,
    seq bigint NOT NULL,                    -- the fencing token of whoever holds it
    holder text NOT NULL,
    lease_until timestamptz,                -- NULL: free
    PRIMARY KEY (processor_id, number)
);
