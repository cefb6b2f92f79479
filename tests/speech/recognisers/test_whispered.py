"""What becomes of the pieces that a Whisper model hears."""

from app_srvc.speech.recognisers.whispered import NO_SPEECH, Piece, heard
from app_srvc.speech.sound import Word
from tests.support import media

SURE = Word(0, 400, "Thanks", 0.9)


def test_what_nobody_said_is_dropped_however_sure_the_model_is() -> None:
    pieces = [Piece(0.72, [Word(0, 300, "You", 0.99)]), Piece(0.1, [SURE])]

    assert heard(pieces, media.silence(1), None).words == [SURE]
    assert heard([Piece(NO_SPEECH, [SURE])], media.silence(1), None).words == [SURE]


def test_the_language_is_told_by_its_tag() -> None:
    assert heard([], media.silence(1), "jw").language == "jv"
    assert heard([], media.silence(1), None).language is None
