"""Transcripts as a worker would have made them."""

from app_srvc import db
from app_srvc.jobs.repository import changes, outcomes
from app_srvc.speech.repository import segments
from app_srvc.speech.sound import Heard, Span, Word

WORD_MS = 300
PAUSE_MS = 2000


def hear(job_id: str, *sentences: str, doubtful: str = "") -> None:
    """Let a waiting job run and hear sentences, each of which becomes a paragraph.

    Of the words in `doubtful` the recogniser is not sure.
    """
    spans, words, at = list[Span](), list[list[Word]](), 0
    for sentence in sentences:
        said = [
            Word(
                at + n * WORD_MS,
                at + (n + 1) * WORD_MS,
                text,
                0.1 if text in doubtful.split() else 0.9,
            )
            for n, text in enumerate(sentence.split())
        ]
        end = max(at + WORD_MS, said[-1].end_ms if said else 0)
        spans.append(Span(at, end))
        words.append(said)
        at = end + PAUSE_MS
    with db.transaction() as conn:
        assert changes.take(conn, job_id, "host-1-a") is not None
        segments.plan(conn, job_id, spans, None)
        for position, said in enumerate(words):
            segments.save(conn, job_id, position, Heard(said))


def finish(job_id: str, *sentences: str, doubtful: str = "") -> None:
    """Let a waiting job hear sentences and end."""
    hear(job_id, *sentences, doubtful=doubtful)
    with db.transaction() as conn:
        outcomes.finish(conn, job_id, 1)


def fail(job_id: str, *sentences: str) -> None:
    """Let a waiting job hear sentences and fail behind them."""
    hear(job_id, *sentences)
    with db.transaction() as conn:
        outcomes.fail(conn, job_id, 1, "The file is no good.", pause_seconds=None)
