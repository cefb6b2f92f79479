"""The words of a transcript as HTML. Six hours have fifty thousand: a template takes long."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from app_srvc.speech.sound import Word


def spans(
    words: Sequence[Word], doubtful_below: float, hits: Sequence[tuple[int, int]], number: int
) -> Markup:
    """Write a paragraph's words, each with its time in seconds.

    `hits` are the first and last words of what is to be marked; their ids count from `number`.
    """
    written = [
        f'<span class="word{" doubtful" if word.confidence < doubtful_below else ""}"'
        f' data-at="{word.start_ms / 1000}">{escape(word.text)}</span>'
        for word in words
    ]
    for count, (first, last) in enumerate(hits, start=number):
        written[first] = f'<mark id="hit-{count}">{written[first]}'
        written[last] += "</mark>"
    return Markup(" ".join(written))  # noqa: S704  # The words are escaped above.
