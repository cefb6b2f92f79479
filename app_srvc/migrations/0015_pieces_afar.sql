-- depends: 0014_detection
-- Where files are kept in an object store, whichever web process gets the next piece of an upload
-- goes on from here. In a folder, both stay as they are.

ALTER TABLE uploads
    ADD COLUMN kept jsonb NOT NULL DEFAULT '{}',    -- what the storage knows of the pieces that are safe
    ADD COLUMN begun integer NOT NULL DEFAULT 0;    -- counts all that were begun: no number comes twice
