"""Several transcripts in one zip."""

import io
import tracemalloc
import zipfile

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app_srvc.jobs import deleting
from app_srvc.speech.document import bundling
from tests.speech.document.support import send, transcript
from tests.support.pages import press
from tests.support.people import guest, program


def bundle(
    client: FlaskClient, *job_ids: str, kinds: tuple[str, ...] = ("txt",), **more: str
) -> TestResponse:
    """Ask for a zip."""
    return send(client, "/stt/transcripts.zip", job=list(job_ids), kind=list(kinds), **more)


def names(answer: TestResponse) -> list[str]:
    """Return the names in a zip that is whole."""
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.data)) as found:
        assert found.testzip() is None
        return found.namelist()


def test_those_that_were_chosen_come_in_the_formats_that_were_chosen(app: Flask) -> None:
    client = guest(app)
    one = transcript(client, "monday", name="One.wav")
    transcript(client, "tuesday", name="Two.wav")
    three = transcript(client, "friday", name="Три.wav")

    answer = bundle(client, one, three, kinds=("txt", "srt", "docx"))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="transcripts.zip"'
    assert names(answer) == [
        "Три.txt", "Три.srt", "Три.docx", "One.txt", "One.srt", "One.docx"
    ]  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(answer.data)) as found:
        assert found.read("One.txt").decode() == "monday\n"
    assert len(names(bundle(client, all="1"))) == 3


def test_what_is_somebody_elses_does_not_come_along(app: Flask) -> None:
    theirs = transcript(guest(app), "secret")
    client = guest(app)
    mine = transcript(client, "mine", name="mine.wav")

    assert names(bundle(client, mine, theirs)) == ["mine.txt"]
    assert names(bundle(client, all="1")) == ["mine.txt"]
    nobody = program(app).post("/stt/transcripts.zip", data={"job": [mine], "kind": ["txt"]})
    assert names(nobody) == []


def test_no_name_leaves_its_folder_or_hides_another(app: Flask) -> None:
    client = guest(app)
    ids = [transcript(client, "x", name="a.wav") for _ in range(4)]
    for job_id, title in zip(ids, ("Talk", "talk", "TALK (2)", "../../etc\\x: y?"), strict=True):
        press(client, f"/stt/{job_id}/name", title=title)

    found = names(bundle(client, *ids))
    assert len({name.casefold() for name in found}) == 4
    assert all("/" not in name and "\\" not in name for name in found)
    assert {"TALK (2).txt", "talk.txt"} <= set(found)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("CON", "_CON"), ("nul.x", "_nul.x"), ("..", "_"), ("a/b\\c:d", "a_b_c_d"), (" x. ", "x"),
        ("x" * 300, "x" * 200), ("щ" * 150, "щ" * 100), ("", "_"),
    ],
)  # fmt: skip
def test_every_system_can_write_the_names(name: str, safe: str) -> None:
    assert bundling.safe_name(name) == safe


def test_who_chooses_nothing_is_told_so_and_keeps_what_was_ticked(app: Flask) -> None:
    client = guest(app)
    one = transcript(client, "monday")

    page = press(client, "/stt/transcripts.zip", kind="srt")
    assert page.status_code == 422
    assert "Please tick at least one transcript." in page.text
    assert 'value="srt" checked' in page.text
    page = press(client, "/stt/transcripts.zip", job=one)
    assert page.status_code == 422
    assert "Please tick at least one format." in page.text
    assert bundle(client, "odd").status_code == 422
    assert bundle(client, one, kinds=("exe",)).status_code == 422


def test_what_is_gone_meanwhile_is_left_out(app: Flask) -> None:
    client = guest(app)
    one, two = (transcript(client, "x", name=f"{n}.wav") for n in "ab")
    with client.session_transaction() as session:
        owner = f"guest:{session['guest']}"
    entries = list(bundling.chosen(owner, [one, two]))

    deleting.delete(one)
    data = b"".join(bundling.zipped(iter(entries), ["txt"]))
    assert zipfile.ZipFile(io.BytesIO(data)).namelist() == ["b.txt"]


def test_memory_does_not_grow_with_what_is_taken_along(app: Flask) -> None:
    client = guest(app)
    job_id = transcript(client, *["one two three " * 60] * 40)
    with client.session_transaction() as session:
        (entry,) = bundling.chosen(f"guest:{session['guest']}", [job_id])

    def most(copies: int) -> int:
        tracemalloc.start()
        size = sum(map(len, bundling.zipped(iter([entry] * copies), ["json"])))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert size > 1000 * copies
        return peak

    few = most(3)
    assert most(12) < 1.5 * few
