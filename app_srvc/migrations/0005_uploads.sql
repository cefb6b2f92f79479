-- depends: 0004_progress
-- Files that arrive in pieces. The bytes and their time are those of `files`; whoever changes an
-- upload locks its row there, as the sweep does.

CREATE TABLE uploads (
    id uuid PRIMARY KEY,                    -- nobody can guess it
    key text NOT NULL UNIQUE REFERENCES files ON DELETE CASCADE,
    owner text,                             -- NULL: whoever holds the id
    name text NOT NULL,                     -- as the person called the file; never a path
    metadata text NOT NULL,                 -- as the client sent it, to be given back
    length bigint NOT NULL CHECK (length >= 0),
    received bigint NOT NULL DEFAULT 0 CHECK (received BETWEEN 0 AND length),
    job_id uuid REFERENCES jobs ON DELETE CASCADE,  -- what has become of it
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX uploads_pending ON uploads (owner) WHERE job_id IS NULL;
CREATE INDEX uploads_of_job ON uploads (job_id) WHERE job_id IS NOT NULL;
