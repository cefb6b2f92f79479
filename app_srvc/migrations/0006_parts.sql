-- depends: 0005_uploads
-- A job whose work is spread: it is handed over to parts, jobs of their own that workers share.

ALTER TABLE jobs
    ADD COLUMN part_of uuid REFERENCES jobs ON DELETE CASCADE,
    ADD COLUMN handed_over boolean NOT NULL DEFAULT false, -- of the latest attempt; no worker holds it
    ADD COLUMN shown_at timestamptz;                       -- when its progress last came from a part

CREATE INDEX jobs_parts ON jobs (part_of) WHERE part_of IS NOT NULL;
CREATE INDEX jobs_live_parts ON jobs (owner) WHERE part_of IS NOT NULL AND ended_at IS NULL;

CREATE VIEW live_attempts AS SELECT id AS job_id, attempt FROM jobs WHERE state = 'running';

-- What is still to be decoded, for which there has to be room.
CREATE INDEX transcripts_without_sound ON transcripts (job_id) WHERE sound_key IS NULL;

-- Which attempt at which job recognises the segment just now, or did last.
ALTER TABLE segments ADD COLUMN taken_by uuid, ADD COLUMN taken_attempt integer;
