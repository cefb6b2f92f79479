"""What programs can ask of speech to text, for the description of the API."""

from uuid import UUID

from app_srvc.api_docs.operations import (
    ONE_FILE,
    Answer,
    Body,
    Described,
    Operation,
    Shape,
    file_form,
)
from app_srvc.jobs.described import Standing
from app_srvc.uploads.described import ACCEPTED, ALL_ACCEPTED, OF_FILES

TITLE = "Speech to text"
TEXT = {"type": "string"}


class Text(Shape):
    """What was said."""

    job_id: UUID
    text: str


class StandingOfNative(Standing):
    """It takes longer than the request waits; ask `status_url`."""

    status_url: str


class Segment(Shape):
    """A part of a transcript; times are in seconds."""

    position: int
    start: float
    end: float
    text: str


class Segments(Shape):
    """Parts of a transcript, in order."""

    segments: list[Segment]


class Model(Shape):
    """A recogniser, as OpenAI's clients read it."""

    id: str
    object: str
    created: int
    owned_by: str


class Models(Shape):
    """All recognisers."""

    object: str
    data: list[Model]


class OpenAIProblem(Shape):
    """What went wrong, as OpenAI's clients read it."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIError(Shape):
    """What went wrong, as OpenAI's clients read it."""

    error: OpenAIProblem


class OpenAIText(Shape):
    """What was said."""

    text: str


FORM = file_form(recogniser=TEXT, language=TEXT)
OPENAI_FORM = Body({
    "multipart/form-data": {
        "type": "object",
        "properties": {
            "file": ONE_FILE,
            "model": TEXT,
            "language": TEXT,
            "response_format": {"enum": ["json", "text", "srt", "verbose_json", "vtt"]},
            "timestamp_granularities[]": {
                "type": "array", "items": {"enum": ["word", "segment"]}
            },
            "stream": {"type": "boolean"},
        },
        "required": ["file", "model"],
    }
})  # fmt: skip
AS_OPENAI = Answer("", OpenAIError)

DESCRIBED: Described = {
    "speech_api.native": Operation(
        {
            200: Answer("The text.", Text),
            202: Answer("It takes longer.", StandingOfNative),
        },
        body=FORM, refuses=OF_FILES,
    ),
    "speech_api.submit": Operation(ACCEPTED, body=FORM, refuses=OF_FILES),
    "speech_api.show": Operation({200: Answer("The text, or how far it is.", Text | Standing)}),
    "speech.segments": Operation(
        {200: Answer("What is recognised.", Segments)},
        query={"after": {"type": "integer", "minimum": -1}},
    ),
    "speech.upload": Operation(ALL_ACCEPTED, body=FORM, refuses=OF_FILES),
    "speech_openai.models": Operation(
        {200: Answer("The recognisers.", Models)}, refused_as=AS_OPENAI
    ),
    "speech_openai.show_model": Operation(
        {200: Answer("The recogniser.", Model)}, refused_as=AS_OPENAI
    ),
    "speech_openai.transcribe": Operation(
        {200: Answer("The text, in the format that was asked for.", OpenAIText)},
        body=OPENAI_FORM, refuses=OF_FILES, refused_as=AS_OPENAI,
    ),
}  # fmt: skip
