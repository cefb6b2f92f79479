-- depends: 0001_jobs
-- Recordings that people sent, and what was heard in them.

CREATE TABLE recordings (
    id uuid PRIMARY KEY,
    name text NOT NULL,                     -- as the person called the file; never a path
    file_key text REFERENCES files ON DELETE SET NULL,
    container text NOT NULL,
    codec text NOT NULL,
    seconds double precision,               -- NULL: the header does not say
    bytes bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX recordings_of_file ON recordings (file_key);

CREATE TABLE transcripts (
    job_id uuid PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
    recording_id uuid NOT NULL REFERENCES recordings ON DELETE CASCADE,
    recogniser text NOT NULL,
    language text NOT NULL,
    sound_key text,                         -- 16 kHz mono samples, while the job needs them
    seconds double precision,               -- of sound that was decoded
    planned boolean NOT NULL DEFAULT false, -- the segments are all there
    note text                               -- what the reader should know, such as a cut-off file
);
CREATE INDEX transcripts_of_recording ON transcripts (recording_id);

CREATE TABLE segments (
    job_id uuid NOT NULL REFERENCES transcripts ON DELETE CASCADE,
    position integer NOT NULL,
    start_ms integer NOT NULL,
    end_ms integer NOT NULL CHECK (end_ms > start_ms),
    words jsonb,                            -- NULL: not recognised yet
    PRIMARY KEY (job_id, position)
);
CREATE INDEX segments_to_do ON segments (job_id, position) WHERE words IS NULL;

-- A recording is nobody's once its last transcript is gone.
CREATE FUNCTION forget_recording() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM recordings WHERE id = OLD.recording_id AND NOT EXISTS (
        SELECT FROM transcripts WHERE recording_id = OLD.recording_id
    );
    RETURN NULL;
END
$$;

CREATE TRIGGER transcript_deleted AFTER DELETE ON transcripts FOR EACH ROW
EXECUTE FUNCTION forget_recording();
