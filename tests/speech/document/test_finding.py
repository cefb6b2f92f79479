"""Find words in all my transcripts."""

import re
from urllib.parse import quote_plus

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import db
from app_srvc.speech.document import asking
from app_srvc.speech.repository import segments
from app_srvc.speech.sound import Heard, Word
from tests.speech.document.support import JSON, correct, send, transcript
from tests.speech.test_reading import sent
from tests.support import transcripts
from tests.support.pages import look
from tests.support.people import guest, operator, program


def found(client: FlaskClient, query: str) -> list[str]:
    """Return the names of the transcripts in which something is said."""
    told = client.get(f"/stt/transcripts?q={quote_plus(query)}", headers=JSON).json
    assert told is not None
    return [one["name"] for one in told["transcripts"]]


def in_language(client: FlaskClient, tag: str, name: str, *sentences: str) -> str:
    """Let a recording in another language be heard."""
    job_id = sent(client, name)
    with db.transaction() as conn:
        conn.cursor().execute(
            "UPDATE transcripts SET language = %s WHERE job_id = %s", (tag, job_id)
        )
    transcripts.finish(job_id, *sentences)
    return job_id


def test_words_are_found_in_all_their_forms_and_lead_to_their_place(app: Flask) -> None:
    client = guest(app)
    job_id = transcript(
        client, "Monday was cold", "they had two <b>houses</b> & dogs", name="a.wav"
    )
    transcript(client, "nothing here", name="b.wav")

    page = look(client, "/stt/transcripts?q=house").text
    assert "&lt;b&gt;<mark>houses</mark>&lt;/b&gt; &amp; dogs" in page
    assert f'href="/stt/{job_id}#at-2900"' in page
    assert 'id="at-2900"' in look(client, f"/stt/{job_id}").text
    assert "b.wav" not in page
    assert found(client, "HOUSE") == found(client, "dog cold") == ["a.wav"]
    assert found(client, "dog nothing") == []


def test_rows_of_words_and_words_that_are_not_wanted(app: Flask) -> None:
    client = guest(app)
    transcript(client, "a cold windy day", name="a.wav")
    transcript(client, "a windy cold day", "rain", name="b.wav")

    assert found(client, '"cold windy"') == ["a.wav"]
    assert found(client, "cold -rain") == ["a.wav"]
    assert found(client, "cold windy") == ["b.wav", "a.wav"]
    assert found(client, "the") == []
    assert found(client, "cold the") == ["b.wav", "a.wav"]


@pytest.mark.parametrize(
    ("query", "wanted", "unwanted"),
    [
        ('One "two  three', ("one", "two  three"), ()),
        ('-"a b" -c d-e', ("d-e",), ("a b", "c")),
        ("- -- \" ' & | ! :* ( <->", (), ()),
        (" ".join("abcdefghijklmnop"), tuple("abcdefghijkl"), ()),
    ],
)
def test_what_is_typed_is_understood(
    query: str, wanted: tuple[str, ...], unwanted: tuple[str, ...]
) -> None:
    assert asking.understand(query) == (wanted, unwanted)


@pytest.mark.parametrize("query", ["a & b | !c", "it's \\ 'x", "%_\x02", "x:* <-> (y", "((("])
def test_no_query_is_an_error(app: Flask, query: str) -> None:
    client = guest(app)
    transcript(client, "a b c x y it's")

    assert look(client, f"/stt/transcripts?q={quote_plus(query)}").status_code == 200


def test_languages_without_a_configuration_are_found_by_beginnings(app: Flask) -> None:
    client = guest(app)
    in_language(client, "uk", "u.wav", "СЛОВА про «м’ясо» та Їжака")
    in_language(client, "zh-TW", "z.wav", "我們今天 開會討論")
    in_language(client, "de-CH", "d.wav", "Die Häuser sind groß")

    assert found(client, "слов м'ясо їжак") == ["u.wav"]
    assert found(client, "今天開會") == ["z.wav"]
    assert found(client, "haus") == found(client, "GROSS") == ["d.wav"]
    page = look(client, f"/stt/transcripts?q={quote_plus('今天開會')}").text
    assert "我們<mark>今天開會</mark>討論" in page


def test_what_is_corrected_is_found_as_it_is_now(app: Flask) -> None:
    client = guest(app)
    job_id = transcript(client, "monday was gold", name="a.wav")
    correct(client, job_id, "Monday was cold")

    assert found(client, "cold") == ["a.wav"]
    assert found(client, "gold") == []
    send(client, f"/stt/{job_id}/passages/0/versions/0", version="1")
    assert found(client, "gold") == ["a.wav"]


def test_everybody_finds_their_own_alone(app: Flask) -> None:
    client = guest(app)
    transcript(client, "secret", name="a.wav")

    for who in (guest(app), program(app), operator(app)):
        assert found(who, "secret") == found(who, "") == []
        assert "a.wav" not in look(who, "/stt/transcripts?q=secret").text
    assert found(client, "secret") == ["a.wav"]


def test_the_list_comes_in_pages_newest_first(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app_srvc.speech.document.views.PAGE_SIZE", 2)
    client = guest(app)
    for number in range(3):
        transcript(client, "cold", name=f"{number}.wav")

    for path in ("/stt/transcripts", "/stt/transcripts?q=cold"):
        first = client.get(path, headers=JSON).json
        assert first is not None
        assert [one["name"] for one in first["transcripts"]] == ["2.wav", "1.wav"]
        second = client.get(first["older"], headers=JSON).json
        assert second is not None
        assert [one["name"] for one in second["transcripts"]] == ["0.wav"]
        assert second["older"] is None
        assert 'rel="next"' in look(client, path).text
        assert "Newest transcripts" in look(client, first["older"]).text


def test_only_the_first_passages_are_shown_and_the_others_counted(app: Flask) -> None:
    client = guest(app)
    transcript(client, *["cold"] * 7, name="a.wav")

    page = look(client, "/stt/transcripts?q=cold").text
    assert page.count("<mark>") == 5
    assert "and 2 more passages" in page


def test_empty_lists_say_what_to_do(app: Flask) -> None:
    client = guest(app)

    assert "Send a recording" in look(client, "/stt/transcripts").text
    transcript(client, "cold")
    assert "In none of your transcripts" in look(client, "/stt/transcripts?q=warm").text
    for odd in ("before=odd", f"q={'x' * 201}"):
        assert look(client, f"/stt/transcripts?{odd}").status_code == 422
    assert client.get("/stt/transcripts?before=odd", headers=JSON).status_code == 422


def test_a_language_that_is_found_out_is_searched_as_it_is(app: Flask) -> None:
    client = guest(app)
    job_id = sent(client, "a.wav")
    transcripts.hear(job_id, "")
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE transcripts SET language = ''")
        cur.execute("UPDATE segments SET words = NULL")
        segments.save(conn, job_id, 0, Heard([Word(0, 300, "Häuser", 0.9)], "de"))

    assert found(client, "haus") == found(client, "häuser") == ["a.wav"]


def test_no_sign_of_the_search_is_left_in_a_page(app: Flask) -> None:
    client = guest(app)
    transcript(client, "cold cold day")

    assert not re.search(r"[\x02\x03]", look(client, "/stt/transcripts?q=cold").text)
