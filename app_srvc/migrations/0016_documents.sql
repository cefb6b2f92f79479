-- depends: 0015_pieces_afar
-- Transcripts as documents: what people have corrected in them, who speaks, and words to find them by.

ALTER TABLE segments
    ADD COLUMN edited jsonb,                        -- the words as corrected; NULL: as they were recognised
    ADD COLUMN version integer NOT NULL DEFAULT 0,  -- counts corrections, against two editors
    ADD COLUMN lexemes tsvector;                    -- of the text as it is now; NULL: not recognised yet

-- Every text that somebody has given a segment; that of version 0 is in `segments.words` for good.
CREATE TABLE segment_edits (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id uuid NOT NULL,
    position integer NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    words jsonb NOT NULL,
    editor text,                                    -- an owner as in `jobs`; NULL: whoever held the id
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (job_id, position, version),
    FOREIGN KEY (job_id, position) REFERENCES segments ON DELETE CASCADE
);
CREATE INDEX segment_edits_newest ON segment_edits (job_id, id DESC);
CREATE INDEX segment_edits_of_editor ON segment_edits (editor) WHERE editor IS NOT NULL;

CREATE TABLE speakers (
    job_id uuid NOT NULL REFERENCES transcripts ON DELETE CASCADE,
    number integer NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (job_id, number),
    UNIQUE (job_id, name)
);

-- From this moment on somebody speaks, until the next row. By time, as words may be corrected later.
CREATE TABLE speaker_turns (
    job_id uuid NOT NULL REFERENCES transcripts ON DELETE CASCADE,
    start_ms integer NOT NULL,
    speaker integer,                                -- NULL: nobody is named
    PRIMARY KEY (job_id, start_ms),
    FOREIGN KEY (job_id, speaker) REFERENCES speakers ON DELETE CASCADE
);

-- Words are found in all their forms where PostgreSQL (13 and later) knows a language, and as they are
-- written in any other.
CREATE FUNCTION search_config(language text) RETURNS regconfig LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE split_part(lower(language), '-', 1)
        WHEN 'ar' THEN 'arabic' WHEN 'da' THEN 'danish' WHEN 'de' THEN 'german'
        WHEN 'el' THEN 'greek' WHEN 'en' THEN 'english' WHEN 'es' THEN 'spanish'
        WHEN 'fi' THEN 'finnish' WHEN 'fr' THEN 'french' WHEN 'ga' THEN 'irish'
        WHEN 'hu' THEN 'hungarian' WHEN 'id' THEN 'indonesian' WHEN 'it' THEN 'italian'
        WHEN 'lt' THEN 'lithuanian' WHEN 'nb' THEN 'norwegian' WHEN 'ne' THEN 'nepali'
        WHEN 'nl' THEN 'dutch' WHEN 'nn' THEN 'norwegian' WHEN 'no' THEN 'norwegian'
        WHEN 'pt' THEN 'portuguese' WHEN 'ro' THEN 'romanian' WHEN 'ru' THEN 'russian'
        WHEN 'sv' THEN 'swedish' WHEN 'ta' THEN 'tamil' WHEN 'tr' THEN 'turkish'
        ELSE 'simple'
    END::regconfig
$$;

-- Signs of Chinese and Japanese apart, as nothing else says where one of their words ends.
CREATE FUNCTION apart(said text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT regexp_replace(said, '([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff])', ' \1 ', 'g')
$$;

-- What is searched: in small letters, with one kind of apostrophe, and without other signs, which
-- PostgreSQL takes for letters where its locale is C.
CREATE FUNCTION search_text(said text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT apart(regexp_replace(
        translate(lower(said), '’ʼ', ''''''),
        '[\u00a1\u00ab\u00bb\u00bf\u2010-\u2027\u2030-\u205e\u3000-\u303f\uff01-\uff0f\uff1a-\uff20]',
        ' ', 'g'
    ))
$$;

-- A word, or several in a row. Where nothing is known of a language's endings, what begins alike will do.
CREATE FUNCTION search_query(config regconfig, said text) RETURNS tsquery LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN config <> 'simple'::regconfig THEN phraseto_tsquery(config, search_text(said))
        ELSE regexp_replace(
            phraseto_tsquery(config, search_text(said))::text, '''(?= |$)', ''':*', 'g'
        )::tsquery
    END
$$;

CREATE FUNCTION text_of_words(words jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(string_agg(word ->> 2, ' ' ORDER BY number), '')
    FROM jsonb_array_elements(words) WITH ORDINALITY AS each (word, number)
$$;

UPDATE segments
SET lexemes = to_tsvector(search_config(language), search_text(text_of_words(words)))
FROM transcripts WHERE transcripts.job_id = segments.job_id AND words IS NOT NULL;

CREATE INDEX segments_by_lexeme ON segments USING gin (lexemes);
