"""Google's Web Speech service, through SpeechRecognition.

The service tells a text and how sure it is; words get their times by their lengths. What
SpeechRecognition does by default and is not wanted here: a plain-http address, a key that belongs
to somebody else, no time-out, and an encoder for FLAC that exists for few processors.
"""

from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError

from app_srvc import settings
from app_srvc.errors import PermanentError
from app_srvc.speech import levelling
from app_srvc.speech.importing import import_quietly
from app_srvc.speech.recognisers import remote
from app_srvc.speech.recognisers.timing import length_ms, spread
from app_srvc.speech.sound import RATE, Heard
from app_srvc.words import _

_library = import_quietly("speech_recognition")

SERVICE = remote.Service("google", "GOOGLE_SPEECH_KEY", "GOOGLE_SPEECH_KEY and GOOGLE_SPEECH_URL")


class _Sound(_library.AudioData):  # type: ignore[name-defined]
    """Samples that become FLAC here."""

    def get_flac_data(self, **_: Any) -> bytes:
        return levelling.flac(self.frame_data)


class Google:
    """The way to the service."""

    def __init__(self) -> None:
        wanted = settings.load()
        self._recogniser: Any = _library.Recognizer()
        self._recogniser.operation_timeout = wanted.remote_timeout_seconds
        key = wanted.google_speech_key
        self._key = key.get_secret_value() if key else ""
        self._url = wanted.google_speech_url

    def recognise(self, samples: bytes, language: str) -> Heard:
        """Send the samples, and spread the words of the answer over them."""
        if not samples:
            return Heard([])
        sound = _Sound(levelling.level(samples), RATE, 2)
        text, confidence = remote.ask(SERVICE, lambda: self._call(sound, language))
        return Heard(spread(text, 0, length_ms(samples), confidence))

    def _call(self, sound: _Sound, language: str) -> tuple[str, float]:
        try:
            text, confidence = self._recogniser.recognize_google(
                sound, self._key, language, with_confidence=True, endpoint=self._url
            )
            return str(text), round(min(1.0, max(0.0, float(confidence))), 3)
        except _library.UnknownValueError:
            return "", 0.0
        except _library.RequestError as error:
            raise _explained(error) from None
        except (ValueError, LookupError, TypeError, AttributeError):
            raise remote.nonsense(SERVICE) from None
        except (OSError, HTTPException) as error:
            raise remote.no_answer(SERVICE, error) from None


def _explained(error: Exception) -> Exception:
    """Find the status, of which SpeechRecognition keeps a phrase only."""
    cause = error.__context__
    if not isinstance(cause, HTTPError):
        return remote.no_answer(SERVICE, cause or error)
    cause.close()  # SpeechRecognition leaves the connection open.
    if cause.code == 400:
        # So it answers to a key that it does not know.
        return PermanentError(
            _(
                "%(service)s refuses the key of this server, or the sound. Its operator has to"
                " look at %(settings)s.",
                service=SERVICE.name,
                settings=SERVICE.key_setting,
            )
        )
    return remote.refusal(SERVICE, cause.code, dict(cause.headers.items()))
