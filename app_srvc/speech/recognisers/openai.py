"""OpenAI's speech to text, and whoever speaks its protocol, through OpenAI's own client.

SpeechRecognition's `recognize_openai` and `recognize_groq` return the text alone; the times of the
words would be lost.
"""

import math
from itertools import pairwise

import openai
from pydantic import BaseModel, FiniteFloat, SecretStr, ValidationError

from app_srvc import settings
from app_srvc.errors import PermanentError
from app_srvc.speech import levelling
from app_srvc.speech.recognisers import languages, remote, timing
from app_srvc.speech.recognisers.whispered import NO_SPEECH
from app_srvc.speech.sound import Heard, Word
from app_srvc.words import _

# OpenAI's newer models tell a text and no times.
_TEXT_ONLY = "gpt-"


class _Segment(BaseModel):
    start: FiniteFloat
    end: FiniteFloat
    text: str
    avg_logprob: FiniteFloat = 0.0
    no_speech_prob: FiniteFloat = 0.0

    @property
    def confidence(self) -> float:
        return min(1.0, math.exp(min(0.0, self.avg_logprob)))

    @property
    def words(self) -> list[Word]:
        start, end = round(self.start * 1000), round(self.end * 1000)
        return timing.spread(self.text, start, end, round(self.confidence, 3))


class _Word(BaseModel):
    start: FiniteFloat
    end: FiniteFloat
    word: str
    probability: FiniteFloat | None = None


class _Answer(BaseModel):
    text: str
    language: str | None = None
    segments: list[_Segment] | None = None
    words: list[_Word] | None = None


class _Client:
    """The way to a service that has a model."""

    def __init__(
        self, service: remote.Service, key: SecretStr | None, base_url: str, model: str
    ) -> None:
        self._service = service
        self._model = model
        self._client = openai.OpenAI(
            api_key=key.get_secret_value() if key else "",
            base_url=base_url,
            timeout=settings.load().remote_timeout_seconds,
            max_retries=0,
        )

    def recognise(self, samples: bytes, language: str) -> Heard:
        """Send the samples, and take over what the answer knows of its words."""
        if not samples:
            return Heard([])
        file = levelling.wav(levelling.level(samples))
        answer = remote.ask(self._service, lambda: self._call(file, language))
        words = timing.in_order(
            _words(answer, timing.length_ms(samples)), timing.length_ms(samples)
        )
        return Heard(words, None if language else languages.from_whisper(answer.language))

    def _call(self, file: bytes, language: str) -> _Answer:
        try:
            answer = self._client.audio.transcriptions.with_raw_response.create(
                model=self._model,
                file=("segment.wav", file, "audio/wav"),
                language=languages.for_whisper(language) or openai.omit,
                response_format="json" if self._tells_text_only else "verbose_json",
                timestamp_granularities=(
                    openai.omit if self._tells_text_only else ["word", "segment"]
                ),
            )
            return _Answer.model_validate_json(answer.content)
        except openai.APIStatusError as error:
            raise self._refusal(error) from None
        except openai.APIConnectionError as error:
            raise remote.no_answer(self._service, error.__cause__ or error) from None
        except ValidationError:
            raise remote.nonsense(self._service) from None

    @property
    def _tells_text_only(self) -> bool:
        return self._model.startswith(_TEXT_ONLY)

    def _refusal(self, error: openai.APIStatusError) -> Exception:
        if error.code == "insufficient_quota":
            return PermanentError(
                _(
                    "What %(service)s grants this server is used up. Its operator has to look at"
                    " the account.",
                    service=self._service.name,
                )
            )
        return remote.refusal(self._service, error.status_code, error.response.headers)


class OpenAI(_Client):
    """OpenAI, or another server that OPENAI_BASE_URL names."""

    def __init__(self) -> None:
        wanted = settings.load()
        service = remote.Service("openai", "OPENAI_API_KEY", "OPENAI_MODEL and OPENAI_BASE_URL")
        super().__init__(
            service, wanted.openai_api_key, wanted.openai_base_url, wanted.openai_model
        )


class Groq(_Client):
    """Groq, which speaks the same protocol."""

    def __init__(self) -> None:
        wanted = settings.load()
        service = remote.Service("groq", "GROQ_API_KEY", "GROQ_MODEL and GROQ_BASE_URL")
        super().__init__(service, wanted.groq_api_key, wanted.groq_base_url, wanted.groq_model)
        # The client finds these in the environment; they are for OpenAI alone.
        self._client.organization = self._client.project = None


def _words(answer: _Answer, length_ms: int) -> list[Word]:
    """Return the words with the best times there are: their own, their segment's, or a share."""
    segments = answer.segments or []
    spoken = [segment for segment in segments if segment.no_speech_prob <= NO_SPEECH]
    if segments and not spoken:
        return []
    if not answer.words:
        if spoken:
            return [word for segment in spoken for word in segment.words]
        return timing.spread(answer.text, 0, length_ms)
    return [
        timing.word(word.start, word.end, word.word, _confidence(word, segment))
        for word in answer.words
        if (segment := _segment_of(word, segments)) is None or segment.no_speech_prob <= NO_SPEECH
    ]


def _segment_of(word: _Word, segments: list[_Segment]) -> _Segment | None:
    """Return the last segment that has begun by the middle of the word."""
    middle = (word.start + word.end) / 2
    for segment, following in pairwise(segments):
        if following.start > middle:
            return segment
    return segments[-1] if segments else None


def _confidence(word: _Word, segment: _Segment | None) -> float:
    if word.probability is not None:
        return word.probability
    return segment.confidence if segment else 1.0
