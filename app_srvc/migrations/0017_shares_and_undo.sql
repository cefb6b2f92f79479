-- depends: 0016_documents
-- Links to transcripts for people without an account here, and a while in which a deletion can be undone.

-- The token follows from the id and SECRET_KEY; of it only the hash is kept.
CREATE TABLE shares (
    id uuid PRIMARY KEY,
    job_id uuid NOT NULL REFERENCES transcripts ON DELETE CASCADE,
    token_hash text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz                  -- NULL: until it is revoked
);
CREATE INDEX shares_of_job ON shares (job_id, created_at);

-- Out of sight since then, and gone for good UNDO_MINUTES later.
ALTER TABLE jobs ADD COLUMN deleted_at timestamptz;
ALTER TABLE jobs ADD CHECK (deleted_at IS NULL OR ended_at IS NOT NULL);
CREATE INDEX jobs_deleted ON jobs (deleted_at) WHERE deleted_at IS NOT NULL;
