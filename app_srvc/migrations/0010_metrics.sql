-- depends: 0009_ops
-- How often jobs have ended, and how long they waited and ran: kept when the jobs are forgotten.

-- The upper bounds, in seconds, of what is counted together; what is longer has a count of its own.
CREATE FUNCTION job_seconds_bounds() RETURNS double precision[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY[0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 14400]::double precision[]
$$;

-- Several rows count the same, and their sum is the count: whoever counts takes one that nobody else
-- holds, or adds one. So nobody waits for another's commit, in whatever order a transaction counts.
CREATE TABLE job_counts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue text NOT NULL,
    event text NOT NULL CHECK (event IN (
        'finished', 'failed', 'cancelled', 'attempt failed', 'attempt lost', 'attempt given back'
    )),
    number bigint NOT NULL DEFAULT 0,
    -- Of those that were running when they ended; by job_seconds_bounds().
    waited bigint[] NOT NULL DEFAULT array_fill(0, ARRAY[13]),
    waited_seconds double precision NOT NULL DEFAULT 0,
    ran bigint[] NOT NULL DEFAULT array_fill(0, ARRAY[13]),
    ran_seconds double precision NOT NULL DEFAULT 0
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
CREATE INDEX job_counts_of ON job_counts (queue, event);

CREATE FUNCTION lock_job_count(of_queue text, of_event text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    found_id bigint;
BEGIN
    SELECT id INTO found_id FROM job_counts WHERE queue = of_queue AND event = of_event
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF found_id IS NULL THEN
        INSERT INTO job_counts (queue, event) VALUES (of_queue, of_event) RETURNING id INTO found_id;
    END IF;
    RETURN found_id;
END
$$;

-- In the transaction that ends the job, whoever that is.
CREATE FUNCTION count_job_end() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    count_id bigint := lock_job_count(NEW.queue, NEW.state);
    -- A job that a person let try again waits anew, and began for the first time long before.
    began timestamptz := CASE
        WHEN NEW.started_at < NEW.waiting_since THEN NEW.taken_at ELSE NEW.started_at END;
    wait_seconds double precision :=
        greatest(0, extract(epoch FROM began - NEW.waiting_since));
    run_seconds double precision :=
        greatest(0, extract(epoch FROM NEW.ended_at - NEW.taken_at));
    wait_place integer := width_bucket(wait_seconds, job_seconds_bounds()) + 1;
    run_place integer := width_bucket(run_seconds, job_seconds_bounds()) + 1;
BEGIN
    IF OLD.state = 'running' THEN
        UPDATE job_counts SET number = number + 1,
            waited[wait_place] = waited[wait_place] + 1,
            waited_seconds = waited_seconds + wait_seconds,
            ran[run_place] = ran[run_place] + 1,
            ran_seconds = ran_seconds + run_seconds
        WHERE id = count_id;
    ELSE
        UPDATE job_counts SET number = number + 1 WHERE id = count_id;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER job_ended AFTER UPDATE ON jobs FOR EACH ROW
WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL)
EXECUTE FUNCTION count_job_end();

CREATE FUNCTION count_attempt_end() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    count_id bigint;
BEGIN
    SELECT lock_job_count(queue, 'attempt ' || NEW.outcome) INTO count_id
    FROM jobs WHERE id = NEW.job_id;
    UPDATE job_counts SET number = number + 1 WHERE id = count_id;
    RETURN NULL;
END
$$;

CREATE TRIGGER attempt_ended AFTER UPDATE ON job_attempts FOR EACH ROW
WHEN (OLD.ended_at IS NULL AND NEW.outcome IN ('failed', 'lost', 'given back'))
EXECUTE FUNCTION count_attempt_end();
