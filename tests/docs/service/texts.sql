-- Texts that people sent, and how many words each has.

CREATE TABLE texts (
    job_id uuid PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
    file_key text REFERENCES files ON DELETE SET NULL,
    words bigint
);
CREATE INDEX texts_of_file ON texts (file_key);
