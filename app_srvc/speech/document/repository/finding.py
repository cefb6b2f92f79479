"""The list of somebody's transcripts, and where words are said in them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from app_srvc.db import Connection
from app_srvc.jobs.states import State

# What stands around a word that was found, in a text that has no signs like these.
BEGIN, END = "\x02", "\x03"
MOST_PASSAGES = 5


class Entry(NamedTuple):
    """A transcript in a list. `hits` counts the passages in which something was found."""

    job_id: str
    name: str
    state: State
    language: str
    seconds: float | None
    created_at: datetime
    hits: int = 0


class Hit(NamedTuple):
    """A passage in which something is said; in `text`, it stands between BEGIN and END."""

    job_id: str
    position: int
    start_ms: int
    text: str


class Asked(NamedTuple):
    """What is looked for: all of `wanted`, each a word or several in a row, none of `unwanted`."""

    wanted: Sequence[str]
    unwanted: Sequence[str] = ()


Key = tuple[datetime, str]

_ENTRY = """
    SELECT job_id, name, state, language, coalesce(transcripts.seconds, recordings.seconds),
        jobs.created_at
"""
_FROM = """
    FROM jobs JOIN transcripts ON job_id = jobs.id JOIN recordings ON recordings.id = recording_id
"""
_MINE = " WHERE jobs.owner = %(owner)s AND deleted_at IS NULL"
_OLDER = (
    " AND (%(moment)s::timestamptz IS NULL OR (jobs.created_at, jobs.id) < (%(moment)s, %(id)s))"
)
_NEWEST = " ORDER BY jobs.created_at DESC, jobs.id DESC LIMIT %(limit)s"

# Each of the words in each of the configurations in which transcripts of this owner are indexed.
# Words that every text has are left out by a configuration, and ask for nothing then.
_WORDS = """
    configs AS (
        SELECT DISTINCT search_config(language) AS config FROM jobs
        JOIN transcripts ON job_id = jobs.id
        WHERE owner = %(owner)s AND deleted_at IS NULL
    ),
    words AS (
        SELECT config, number, search_query(config, word) AS query
        FROM configs, unnest(%(wanted)s::text[]) WITH ORDINALITY AS each (word, number)
    ),
    unwanted AS (
        SELECT config, search_query(config, word) AS query
        FROM configs, unnest(%(unwanted)s::text[]) AS each (word)
    ),
    needed AS (
        SELECT config, count(*) AS number FROM words WHERE numnode(query) > 0 GROUP BY config
    ),
    found AS (
        SELECT transcripts.job_id, count(DISTINCT position) AS hits
        FROM words JOIN segments ON lexemes @@ query
        JOIN transcripts ON transcripts.job_id = segments.job_id
            AND search_config(language) = words.config
        JOIN jobs ON jobs.id = transcripts.job_id AND owner = %(owner)s AND deleted_at IS NULL
        JOIN needed ON needed.config = words.config
        GROUP BY transcripts.job_id, needed.number
        HAVING count(DISTINCT words.number) = needed.number
    )
"""


def newest(conn: Connection, owner: str, before: Key | None, limit: int) -> list[Entry]:
    """Return somebody's transcripts, newest first, from behind a key on."""
    with conn.cursor() as cur:
        cur.execute(_ENTRY + _FROM + _MINE + _OLDER + _NEWEST, _values(owner, before, limit))
        return [_entry(row) for row in cur.fetchall()]


def some(conn: Connection, owner: str, job_ids: Sequence[str]) -> list[Entry]:
    """Return those of some transcripts that are somebody's."""
    with conn.cursor() as cur:
        cur.execute(
            f"{_ENTRY}{_FROM}{_MINE} AND job_id = ANY(%(ids)s::uuid[])"
            " ORDER BY jobs.created_at DESC, jobs.id DESC",
            {"owner": owner, "ids": list(job_ids)},
        )
        return [_entry(row) for row in cur.fetchall()]


def find(conn: Connection, owner: str, asked: Asked, before: Key | None, limit: int) -> list[Entry]:
    """Return somebody's transcripts in which all of it is said, newest first."""
    with conn.cursor() as cur:
        cur.execute(
            f"""
            WITH {_WORDS}
            {_ENTRY}, hits {_FROM} JOIN found USING (job_id) {_MINE} {_OLDER}
            AND NOT EXISTS (
                SELECT FROM unwanted JOIN segments ON lexemes @@ query
                WHERE segments.job_id = transcripts.job_id
                AND unwanted.config = search_config(language)
            )
            {_NEWEST}
            """,
            _values(owner, before, limit)
            | {"wanted": list(asked.wanted), "unwanted": list(asked.unwanted)},
        )
        return [_entry(row) for row in cur.fetchall()]


def hits(conn: Connection, asked: Asked, job_ids: Sequence[str]) -> list[Hit]:
    """Return the first passages of each transcript in which any of it is said, in order."""
    with conn.cursor() as cur:
        cur.execute(
            """
            SELECT job_id, position, start_ms, ts_headline(
                config, apart(text_of_words(said)), query,
                format('HighlightAll=true, StartSel=%%s, StopSel=%%s', %(begin)s, %(end)s)
            ) FROM (
                SELECT transcripts.job_id, position, config, query, coalesce(edited, words) AS said,
                    coalesce((coalesce(edited, words) -> 0 ->> 0)::int, start_ms) AS start_ms,
                    row_number() OVER (PARTITION BY transcripts.job_id ORDER BY position) AS number
                FROM transcripts JOIN segments USING (job_id)
                CROSS JOIN LATERAL (SELECT search_config(language) AS config) AS known
                CROSS JOIN LATERAL (
                    SELECT string_agg(nullif(part, ''), ' | ')::tsquery AS query FROM (
                        SELECT search_query(config, word)::text
                        FROM unnest(%(wanted)s::text[]) AS each (word)
                    ) AS parts (part)
                ) AS any_of_it
                WHERE transcripts.job_id = ANY(%(ids)s::uuid[]) AND lexemes @@ query
            ) AS all_of_them
            WHERE number <= %(most)s ORDER BY job_id, position
            """,
            {
                "wanted": list(asked.wanted), "ids": list(job_ids), "most": MOST_PASSAGES,
                "begin": BEGIN, "end": END,
            },
        )  # fmt: skip
        return [Hit(*row) for row in cur.fetchall()]


def _values(owner: str, before: Key | None, limit: int) -> dict[str, object]:
    moment, job_id = before or (None, None)
    return {"owner": owner, "moment": moment, "id": job_id, "limit": limit}


def _entry(row: tuple[object, ...]) -> Entry:
    entry = Entry(*row)  # type: ignore[arg-type]
    return entry._replace(state=State(entry.state))
