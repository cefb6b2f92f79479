-- depends: 0017_shares_and_undo
-- Who is told when their job has ended: by mail, or by a webhook of theirs.

-- Whoever wants a mail about a job. It is posted once the job has ended, and the row goes with it.
CREATE TABLE mail_wishes (
    job_id uuid PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE
);
CREATE INDEX mail_wishes_of_user ON mail_wishes (user_id);

ALTER TABLE mails
    ADD COLUMN about uuid REFERENCES jobs ON DELETE CASCADE,   -- the job that has ended
    DROP CONSTRAINT mails_kind_check,
    ADD CONSTRAINT mails_kind_check
        CHECK (kind IN ('welcome', 'reset', 'exists', 'changed', 'ended')),
    ADD CHECK ((kind = 'ended') = (about IS NOT NULL));
CREATE INDEX mails_about ON mails (about) WHERE about IS NOT NULL;

-- The secret follows from the id and SECRET_KEY: nothing that is stored signs anything.
CREATE TABLE webhooks (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL UNIQUE REFERENCES users ON DELETE CASCADE,
    url text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    resting_until timestamptz NOT NULL DEFAULT '-infinity'     -- it did not answer a moment ago
);

-- What is to be told of a job: the job may be forgotten meanwhile. `failed` it is when the job that
-- tells it has ended without success.
CREATE TABLE webhook_deliveries (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    webhook_id uuid NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    about uuid NOT NULL,
    service text NOT NULL,                  -- the queue of the job
    state text NOT NULL,                    -- that of the job
    ended_at timestamptz NOT NULL,
    told_by uuid REFERENCES jobs ON DELETE CASCADE,            -- NULL: no job tells it yet
    delivered_at timestamptz,
    answer integer                          -- the HTTP status that came last
);
CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (webhook_id, ended_at DESC, id DESC);
CREATE INDEX webhook_deliveries_untold ON webhook_deliveries (ended_at) WHERE told_by IS NULL;
CREATE INDEX webhook_deliveries_of_job ON webhook_deliveries (told_by);

-- In the transaction that ends the job, whoever that is. A webhook that is just being removed must
-- not keep a job from its end: its row is locked, or passed over once it is gone.
CREATE FUNCTION note_webhook_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO webhook_deliveries (webhook_id, about, service, state, ended_at)
    SELECT id, NEW.id, NEW.queue, NEW.state, NEW.ended_at FROM webhooks
    WHERE user_id = substr(NEW.owner, 6)::uuid FOR KEY SHARE;
    RETURN NULL;
END
$$;

CREATE TRIGGER webhook_delivery AFTER UPDATE ON jobs FOR EACH ROW
WHEN (
    OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
    AND NEW.part_of IS NULL AND NEW.owner ~ '^user:[0-9a-f-]{36}$'
)
EXECUTE FUNCTION note_webhook_delivery();
