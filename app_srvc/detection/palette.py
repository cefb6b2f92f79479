"""A colour for each class. All are light: what is written on them is dark, in both themes."""

# The same stand in static/detection/detection.css, as .kind-0 and so on.
COLOURS = (
    "#ffd23f", "#5ce1e6", "#ff9ecb", "#9be564", "#ffab66", "#a9c6ff", "#e5b3ff", "#f2f2f2",
)  # fmt: skip


def number_of(kind: int) -> int:
    """Return which colour a class has."""
    return kind % len(COLOURS)


def colour_of(kind: int) -> str:
    """Return the colour of a class."""
    return COLOURS[number_of(kind)]
