"""The words of a transcript as HTML. Six hours have fifty thousand: a template takes long."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from app_srvc.speech.sound import Segment


def spans(
    segments: Sequence[Segment],
    doubtful_below: float,
    hits: Sequence[tuple[int, int]],
    number: int,
) -> Markup:
    """Write a paragraph's words, each with its time in seconds.

    No segment is empty. Its first word can be linked to, by `anchor`. `hits` are the first and last
    words of what is to be marked; their ids count from `number`.
    """
    written = list[str]()
    for segment in segments:
        words = segment.words or []
        begins = f' id="{anchor(words[0].start_ms)}" data-passage="{segment.position}"'
        for word in words:
            written.append(
                f'<span class="word{" doubtful" if word.confidence < doubtful_below else ""}"'
                f' data-at="{word.start_ms / 1000}"{begins}>{escape(word.text)}</span>'
            )
            begins = ""
    for count, (first, last) in enumerate(hits, start=number):
        written[first] = f'<mark id="hit-{count}">{written[first]}'
        written[last] += "</mark>"
    return Markup(" ".join(written))  # noqa: S704  # The words are escaped above.


def anchor(start_ms: int) -> str:
    """Return the id of the word that begins then, if it is the first one of a segment."""
    return f"at-{start_ms}"
