-- depends: 0013_calls
-- Pictures and videos that people sent, and what was found in them.

CREATE TABLE detections (
    job_id uuid PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
    file_id uuid NOT NULL UNIQUE,           -- what programs know the file by
    name text NOT NULL,                     -- as the person called the file; never a path
    file_key text REFERENCES files ON DELETE SET NULL,
    bytes bigint NOT NULL,
    is_video boolean NOT NULL,
    detector text NOT NULL,
    threshold double precision NOT NULL,    -- from which score on a box is drawn, unless one moves it
    note text                               -- what the reader should know, such as a cut-off file
);
CREATE INDEX detections_of_file ON detections (file_key);

-- A picture has one frame, a video one for each second.
CREATE TABLE detected_frames (
    job_id uuid NOT NULL REFERENCES detections ON DELETE CASCADE,
    position integer NOT NULL,
    at_ms integer NOT NULL,
    width integer NOT NULL,                 -- in pixels, as it is looked at: upright
    height integer NOT NULL,
    picture_key text REFERENCES files ON DELETE SET NULL,   -- made anew, without what the file said besides
    drawn_key text REFERENCES files ON DELETE SET NULL,     -- the same with boxes
    objects jsonb NOT NULL,
    PRIMARY KEY (job_id, position)
);
CREATE INDEX detected_frames_of_picture ON detected_frames (picture_key);
CREATE INDEX detected_frames_of_drawn ON detected_frames (drawn_key);
