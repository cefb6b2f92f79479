"""Correct a transcript: what it says then, two at once, and what it said before."""

import csv
import io
import json

import pytest
from flask import Flask

from app_srvc import db
from app_srvc.speech.document.repository import edits
from app_srvc.speech.document.repository.edits import Place
from tests.speech.document.support import JSON, correct, count, send, text_of, transcript
from tests.speech.test_reading import sent
from tests.speech.test_transcripts import words_on
from tests.support import transcripts
from tests.support.pages import HTML, look, press
from tests.support.people import guest, operator, program
from tests.support.registering import log_in, person
from tests.support.rows import scalar


def test_what_is_corrected_is_everywhere_and_keeps_its_times(app: Flask) -> None:
    client = guest(app)
    job_id = transcript(client, "monday was gold", "it was windy")
    before = client.get(f"/stt/{job_id}/segments").json

    saved = press(client, f"/stt/{job_id}/passages/0", text=" Monday was\r\ncold. ", version="0")
    assert (saved.status_code, saved.location) == (303, f"/stt/{job_id}#at-0")
    assert words_on(look(client, f"/stt/{job_id}").text) == [
        "Monday",
        "was",
        "cold.",
        "it",
        "was",
        "windy",
    ]
    assert text_of(client, job_id) == "Monday was cold.\n\nit was windy\n"
    assert client.get(f"/stt/task/{job_id}").json == {
        "job_id": job_id, "text": "Monday was cold.\n\nit was windy"
    }  # fmt: skip
    told = client.get(f"/stt/{job_id}/transcript.json").json
    assert told is not None
    assert told["edited"] is True
    assert [one["edited"] for one in told["segments"]] == [True, False]
    assert [one["start"] for one in told["words"]] == [0.0, 0.3, 0.6, 2.9, 3.2, 3.5]
    after = client.get(f"/stt/{job_id}/segments").json
    assert before is not None
    assert after is not None
    for one, other in zip(before["segments"], after["segments"], strict=True):
        assert (one["start"], one["end"]) == (other["start"], other["end"])
    for kind in ("srt", "vtt", "tsv"):
        assert "Monday was cold." in client.get(f"/stt/{job_id}/transcript.{kind}").text
    table = client.get(f"/stt/{job_id}/transcript.tsv").text
    assert list(csv.reader(io.StringIO(table), "excel-tab"))[1][:2] == ["0", "900"]


def test_what_was_heard_can_be_had_for_ever(app: Flask) -> None:
    client = guest(app)
    job_id = transcript(client, "monday was gold")
    correct(client, job_id, "Monday was cold.")
    correct(client, job_id, "Monday was very cold.", version=1)

    assert text_of(client, job_id, "?original=1") == "monday was gold\n"
    told = json.loads(client.get(f"/stt/{job_id}/transcript.json?original=1").text)
    assert told["edited"] is False
    assert "original=1" in look(client, f"/stt/{job_id}/history").text


def test_who_comes_later_is_told_and_keeps_what_they_wrote(app: Flask) -> None:
    client = guest(app)
    job_id = transcript(client, "monday was gold")
    path = f"/stt/{job_id}/passages/0"
    press(client, path, text="Monday was cold.", version="0")

    late = press(client, path, text="Monday: <b>gold", version="0")
    assert late.status_code == 409
    assert "Monday: &lt;b&gt;gold</textarea>" in late.text
    assert 'id="theirs">Monday was cold.</q>' in late.text
    assert 'name="version" value="1"' in late.text
    assert text_of(client, job_id) == "Monday was cold.\n"
    told = correct(client, job_id, "Monday: gold")
    assert told.status_code == 409
    assert told.json is not None
    assert (told.json["text"], told.json["version"]) == ("Monday was cold.", 1)
    assert "Somebody has changed this passage" in told.json["detail"]

    assert press(client, path, text="Monday: gold", version="1").status_code == 303
    assert text_of(client, job_id) == "Monday: gold\n"


@pytest.mark.usefixtures("app")
def test_of_two_at_the_same_moment_one_is_recorded(app: Flask) -> None:
    job_id = transcript(guest(app), "monday was gold")
    place = Place(job_id, 0, 0)

    with db.transaction() as conn:
        assert edits.write(conn, place, [], "a")
    with db.transaction() as conn:
        assert not edits.write(conn, place, [], "b")
    assert scalar("SELECT editor FROM segment_edits") == "a"


def test_a_correction_that_is_cut_off_is_none(app: Flask) -> None:
    client = guest(app)
    job_id = transcript(client, "monday was gold")

    class Killed(Exception):
        """The process ends here."""

    def be_killed() -> None:
        with db.transaction() as conn:
            assert edits.write(conn, Place(job_id, 0, 0), [], None)
            raise Killed

    with pytest.raises(Killed):
        be_killed()
    assert text_of(client, job_id) == "monday was gold\n"
    assert count("segment_edits") == 0
    assert correct(client, job_id, "Monday was cold.").status_code == 200


def test_the_same_text_is_no_correction(app: Flask) -> None:
    client = guest(app)
    job_id = transcript(client, "monday was gold")

    assert correct(client, job_id, " monday  was gold").status_code == 200
    assert count("segment_edits") == 0


def test_a_passage_can_be_emptied_and_brought_back(app: Flask) -> None:
    client = guest(app)
    job_id = transcript(client, "you you you", "it was windy")
    correct(client, job_id, "")

    assert text_of(client, job_id) == "it was windy\n"
    assert words_on(look(client, f"/stt/{job_id}").text) == ["it", "was", "windy"]
    path = f"/stt/{job_id}/passages/0/versions/0"
    assert press(client, path, version="1").location == f"/stt/{job_id}/history"
    assert text_of(client, job_id) == "you you you\n\nit was windy\n"


def test_history_says_who_changed_what_and_brings_it_back(app: Flask) -> None:
    client = person(app)
    job_id = transcript(client, "monday was gold")
    assert "Nothing yet" in look(client, f"/stt/{job_id}/history").text
    correct(client, job_id, "Monday was <cold>")
    helper = operator(app)
    correct(helper, job_id, "Monday was fine", version=1)

    page = look(client, f"/stt/{job_id}/history").text
    assert "<del>&lt;cold&gt;</del> <ins>fine</ins>" in page
    assert "· you" in page
    assert "· a guest, or somebody who is gone" in page
    assert "· ann" in look(helper, f"/stt/{job_id}/history").text
    told = client.get(f"/stt/{job_id}/history", headers=JSON).json
    assert told is not None
    assert [(one["version"], one["before"], one["after"]) for one in told["changes"]] == [
        (2, "Monday was <cold>", "Monday was fine"), (1, "monday was gold", "Monday was <cold>")
    ]  # fmt: skip

    assert send(client, f"/stt/{job_id}/passages/0/versions/1", version="1").status_code == 409
    back = send(client, f"/stt/{job_id}/passages/0/versions/1", version="2")
    assert back.json is not None
    assert (back.json["text"], back.json["version"]) == ("Monday was <cold>", 3)
    assert send(client, f"/stt/{job_id}/passages/0/versions/9", version="3").status_code == 404


def test_history_comes_in_pages(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app_srvc.speech.document.pages.CHANGES_AT_ONCE", 2)
    client = guest(app)
    job_id = transcript(client, "one")
    for version, text in enumerate(("two", "three", "four")):
        correct(client, job_id, text, version=version)

    page = look(client, f"/stt/{job_id}/history").text
    assert page.count("<ins>") == 2
    older = page.split("before=")[1].split('"')[0]
    page = look(client, f"/stt/{job_id}/history?before={older}").text
    assert "<del>one</del>" in page
    assert page.count("<ins>") == 1
    assert "There is nothing older." in look(client, f"/stt/{job_id}/history?before=1").text


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"text": "x" * 5001, "version": "0"}, 422, "This takes at most 5,000 characters."),
        ({"text": "x"}, 422, "Please load the page again"),
        ({"text": "x", "version": "-1"}, 422, "Please load the page again"),
        ({"text": "x", "version": "no"}, 422, "This takes a number."),
        ({"text": "x", "version": "7"}, 409, "Somebody has changed"),
    ],
)
def test_what_cannot_be_stored_is_said_and_kept(
    fields: dict[str, str], status: int, sentence: str, app: Flask
) -> None:
    client = guest(app)
    job_id = transcript(client, "monday")
    path = f"/stt/{job_id}/passages/0"

    told = send(client, path, **fields)
    assert told.status_code == status
    assert sentence in told.text
    page = press(client, path, **fields)
    assert page.status_code == status
    assert fields["text"] in page.text
    assert text_of(client, job_id) == "monday\n"


def test_signs_that_nobody_sees_do_not_get_in(app: Flask) -> None:
    client = guest(app)
    job_id = transcript(client, "monday")

    correct(client, job_id, "Mon\u202eday\x00 \x02was\tcold")
    assert text_of(client, job_id) == "Monday was cold\n"


def test_what_is_still_being_transcribed_cannot_be_corrected(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client)
    transcripts.hear(job_id, "monday")

    refused = correct(client, job_id, "Monday")
    assert refused.status_code == 409
    assert "still being transcribed" in refused.text


def test_nobody_corrects_what_is_somebody_elses(app: Flask) -> None:
    client = guest(app)
    job_id = transcript(client, "monday")
    correct(client, job_id, "Monday")

    for who in (guest(app), program(app)):
        for path in (f"/stt/{job_id}/passages/0", f"/stt/{job_id}/history"):
            assert who.get(path, headers=HTML).status_code == 404
    other = guest(app)
    for path in (f"/stt/{job_id}/passages/0", f"/stt/{job_id}/passages/0/versions/0"):
        assert press(other, path, text="Mine", version="1").status_code == 404
        assert (
            client.post(path, data={"text": "x", "version": "1"}, headers=HTML).status_code == 400
        )
    assert text_of(client, job_id) == "Monday\n"


def test_what_a_guest_has_corrected_is_theirs_once_they_log_in(app: Flask) -> None:
    person(app)
    client = guest(app)
    job_id = transcript(client, "monday")
    correct(client, job_id, "Monday")

    log_in(client, "ann")
    assert "· you" in look(client, f"/stt/{job_id}/history").text
