"""Files of every kind that is taken, changed at random, the same each time."""

import random
from collections.abc import Callable, Iterator

from PIL import Image

from tests.support import media, pictures

Change = Callable[[random.Random, bytearray], bytearray]


def flip(source: random.Random, data: bytearray) -> bytearray:
    """Change single bits, mostly where headers are."""
    for _ in range(source.choice((1, 4, 32))):
        end = len(data) if source.random() < 0.5 else min(len(data), 200)
        data[source.randrange(end)] ^= 1 << source.randrange(8)
    return data


def cut(source: random.Random, data: bytearray) -> bytearray:
    """End too soon."""
    return data[: source.randrange(1, len(data))]


def leave_out(source: random.Random, data: bytearray) -> bytearray:
    """Take a piece out of the middle."""
    at = source.randrange(len(data))
    return data[:at] + data[at + source.randrange(1, 2000) :]


def repeat(source: random.Random, data: bytearray) -> bytearray:
    """Say a piece many times."""
    at, size = source.randrange(len(data)), source.randrange(1, 500)
    return data[:at] + data[at : at + size] * source.choice((2, 50)) + data[at:]


def enlarge(source: random.Random, data: bytearray) -> bytearray:
    """Let numbers in it be as large as they can be, or zero."""
    for _ in range(3):
        at, size = source.randrange(max(1, min(len(data), 400))), source.choice((2, 4, 8))
        data[at : at + size] = source.choice((b"\xff", b"\x00", b"\x7f")) * size
    return data


def scramble(source: random.Random, data: bytearray) -> bytearray:
    """Replace a piece by noise."""
    at = source.randrange(len(data))
    noise = source.randbytes(source.randrange(1, 300))
    return data[:at] + noise + data[at + len(noise) :]


CHANGES: tuple[Change, ...] = (flip, cut, leave_out, repeat, enlarge, scramble)


def mutated(seeds: list[bytes], count: int, seed: int) -> Iterator[bytes]:
    """Yield so many changed files, each made of one of these in turn."""
    source = random.Random(seed)
    for number in range(count):
        data = bytearray(seeds[number % len(seeds)])
        for _ in range(source.choice((1, 1, 2, 3))):
            data = source.choice(CHANGES)(source, data) or data
        yield bytes(data)


def recordings() -> list[bytes]:
    """Return short recordings in every container."""
    sound = media.samples_of("digits.flac")[: 2 * media.RATE]
    return [
        media.wav(sound),
        media.encode(sound, "flac", "flac"),
        media.encode(sound, "mp3", "mp3"),
        media.encode(sound, "ogg", "libopus", rate=48_000),
        media.encode(sound, "mp4", "aac", picture=True),
        media.encode(sound, "matroska", "aac"),
    ]


def sights() -> list[bytes]:
    """Return small pictures and a video."""
    portrait = pictures.portrait()
    kinds = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")
    small: list[Image.Image] = [portrait.resize((64, 48)), portrait.resize((64, 48))]
    return [*(pictures.encoded(portrait, kind) for kind in kinds), pictures.video(small)]


def tables() -> list[bytes]:
    """Return records as CSV, JSON lines and XML."""
    rows = range(30)
    return [
        ("id,name,sum\n" + "".join(f'{n},"Ann, {n}",{n}.5\n' for n in rows)).encode(),
        "".join(f'{{"id": {n}, "name": "Ann", "tags": ["a", {{"b": null}}]}}\n'
                for n in rows).encode(),
        ("<?xml version='1.0' encoding='UTF-8'?><rows>"
         + "".join(f"<row><id>{n}</id><name a='b'>Анна &amp; {n}</name></row>" for n in rows)
         + "</rows>").encode(),
    ]  # fmt: skip
