"""Reading sound out of files: any kind, as a stream, within limits, and nothing but the file."""

import io
import struct
from pathlib import Path

import pytest

from app_srvc.errors import PermanentError, StorageDown
from app_srvc.speech import decoding, describing
from app_srvc.speech.decoding import NoSound, NotMedia, Sound
from app_srvc.storage.afar import open_ranges
from tests.support import media

NAMES = ["days.flac"]


def decode(data: bytes, max_seconds: float = 1000) -> tuple[bytes, Sound]:
    """Return all samples of a media file."""
    with decoding.open_media(io.BytesIO(data)) as container:
        sound = Sound(container, max_seconds)
        return b"".join(sound.chunks()), sound


def describe(data: bytes) -> object:
    """Return what the file says of itself."""
    return describing.describe(io.BytesIO(data))


def loudness(samples: bytes) -> float:
    """Return the mean size of the samples."""
    values = struct.unpack(f"<{len(samples) // 2}h", samples)
    return float(sum(map(abs, values))) / max(1, len(values))


@pytest.mark.parametrize(
    ("container", "codec", "options"),
    [
        ("wav", "pcm_s16le", {}),
        ("wav", "pcm_s24le", {"rate": 192_000}),
        ("wav", "pcm_f32le", {"rate": 44_100, "layout": "stereo"}),
        ("wav", "pcm_mulaw", {"rate": 8_000}),
        ("aiff", "pcm_s16be", {}),
        ("flac", "flac", {"layout": "7.1"}),
        ("mp3", "mp3", {"rate": 44_100, "layout": "stereo"}),
        ("ogg", "libopus", {"rate": 48_000}),
        ("webm", "libopus", {"rate": 48_000}),
        ("mp4", "aac", {"picture": True}),
        ("mov", "pcm_s16le", {"picture": True}),
        ("matroska", "libopus", {"rate": 48_000, "picture": True}),
        ("avi", "mp3", {"rate": 44_100, "picture": True}),
        ("mpegts", "aac", {"picture": True}),
        ("asf", "wmav2", {"rate": 44_100}),
    ],
)
def test_every_common_kind_is_read(container: str, codec: str, options: dict[str, object]) -> None:
    original = media.joined(NAMES)
    samples, sound = decode(media.encode(original, container, codec, **options))  # type: ignore[arg-type]

    assert sound.seconds == pytest.approx(len(original) / 32_000, abs=0.15)
    assert not sound.is_damaged
    # One channel of eight is an eighth of what all of them may hold together.
    quietest = 0.15 if options.get("layout") == "7.1" else 0.65
    assert quietest < loudness(samples) / loudness(original) < 1.35


def test_two_channels_are_averaged_and_do_not_clip() -> None:
    samples, _ = decode(media.encode(media.tone(1), "wav", "pcm_s16le", layout="stereo"))

    assert max(struct.unpack(f"<{len(samples) // 2}h", samples)) < 20_000


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"just some text, called a film" * 100,
        b"\x89PNG\r\n\x1a\n" + bytes(5000),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"PK\x03\x04" + bytes(5000),
        bytes(100_000),
    ],
)
def test_what_is_no_media_is_refused(data: bytes) -> None:
    with pytest.raises(NotMedia):
        describe(data)


@pytest.mark.parametrize(
    ("codec", "container", "pixels"),
    [
        ("png", "image2pipe", "rgb24"),
        ("mjpeg", "image2pipe", "yuvj420p"),
        ("gif", "gif", "rgb8"),
        ("bmp", "image2pipe", "bgr24"),
    ],
)
def test_a_picture_is_no_recording(codec: str, container: str, pixels: str) -> None:
    with pytest.raises((NotMedia, NoSound)):
        describe(media.picture(codec, container, pixels))


def test_a_film_without_sound_says_so() -> None:
    with pytest.raises(NoSound, match="no sound track"):
        describe(media.encode(b"", "mp4", "aac", picture=True))


def test_zero_seconds_of_sound_say_so() -> None:
    header = media.wav(media.tone(0.1))[:78]

    with pytest.raises((NoSound, NotMedia)):
        describe(header)


@pytest.mark.parametrize(
    ("container", "codec"),
    [("wav", "pcm_s16le"), ("mp3", "mp3"), ("ogg", "libopus"), ("flac", "flac")],
)
def test_of_a_file_that_is_cut_off_what_is_there_is_read(container: str, codec: str) -> None:
    rate = 48_000 if codec == "libopus" else 16_000
    whole = media.encode(media.tone(20), container, codec, rate=rate)

    _, sound = decode(whole[: len(whole) // 2])
    assert 8 <= sound.seconds <= 12


def test_more_sound_than_is_taken_is_given_up_at_the_limit() -> None:
    data = media.encode(media.silence(600), "flac", "flac")
    assert len(data) < 200_000

    with pytest.raises(PermanentError, match="longer than the 6 minutes"):
        decode(data, max_seconds=360)


def test_a_playlist_reads_no_other_file(tmp_path: Path) -> None:
    victim = tmp_path / "victim.wav"
    victim.write_bytes(media.wav(media.tone(5)))
    playlists = [
        f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{victim}\n#EXT-X-ENDLIST\n",
        f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile://{victim}\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n",
        f"ffconcat version 1.0\nfile '{victim}'\n",
        (
            '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period>'
            f"<AdaptationSet><Representation><BaseURL>{victim}</BaseURL></Representation>"
            "</AdaptationSet></Period></MPD>"
        ),
        f"[playlist]\nFile1={victim}\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n",
    ]

    for text in playlists:
        with pytest.raises(NotMedia):
            describe(text.encode())
        as_file = tmp_path / "song.mp3"
        as_file.write_text(text)
        with as_file.open("rb") as file, pytest.raises(NotMedia), decoding.open_media(file):
            pass


def test_memory_stays_flat_however_long_the_sound(tmp_path: Path) -> None:
    data = media.encode(media.silence(1800), "flac", "flac")
    with decoding.open_media(io.BytesIO(data)) as container:
        largest = max(len(chunk) for chunk in Sound(container, 10_000).chunks())

    assert largest < 512 * 1024


@pytest.mark.parametrize(
    ("container", "codec"), [("wav", "pcm_s16le"), ("mp3", "mp3"), ("mp4", "aac")]
)
@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.95])
def test_a_store_that_goes_away_is_no_damage_of_the_file(
    container: str, codec: str, share: float
) -> None:
    data = media.encode(media.joined(NAMES * 30), container, codec)
    lost = int(len(data) * share)

    def fetch(start: int, end: int) -> bytes:
        if start <= lost < end:
            raise StorageDown
        return data[start:end]

    file = open_ranges(fetch, len(data), data[: min(lost, 4096)])
    with pytest.raises(StorageDown), decoding.open_media(file) as opened:
        list(Sound(opened, 10_000).chunks())
