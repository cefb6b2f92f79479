"""Lengths of time, written for people."""


def clock(seconds: float) -> str:
    """Write a length of time: 0:07, 61:00, and from two hours on 2:01:00."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 120:
        return f"{minutes}:{rest:02}"
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def limit(seconds: float) -> str:
    """Write a limit: 6 hours, 90 minutes."""
    if seconds % 3600 == 0:
        return f"{seconds // 3600:g} hour{'s' if seconds != 3600 else ''}"
    return f"{seconds / 60:g} minutes"
