-- depends: 0003_operators
-- How far a job was when its attempt began: one that is lost after it has got on is no failure.

ALTER TABLE jobs ADD COLUMN taken_progress double precision NOT NULL DEFAULT 0;

-- What is older than the history that is kept; and an operator's list of one state.
CREATE INDEX jobs_by_end ON jobs (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX jobs_of_state ON jobs (state, created_at DESC, id DESC);
