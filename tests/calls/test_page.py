"""The page on which calls are tried."""

from flask.testing import FlaskClient

from tests.support.pages import HTML, look, token


def attempt(client: FlaskClient, **form: str) -> tuple[int, str]:
    """Send a form of the page, and return the status and the page that comes."""
    sent = form | {"csrf_token": token(client, "/call/")}
    answer = client.post("/call/", data=sent, headers=HTML)
    return answer.status_code, answer.text


def test_all_calls_are_shown_with_a_field_for_what_they_take(client: FlaskClient) -> None:
    page = look(client, "/call/").text

    for id_ in ("hello-name", "prime-x", "fibonacci-n", "prime-level"):
        assert f'id="{id_}"' in page


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    client: FlaskClient,
) -> None:
    status, page = attempt(client, call="prime", x="seven")

    assert status == 422
    assert 'value="seven"' in page
    assert page.count("This takes a whole number.") == 1
    status, page = attempt(client, call="prime", x="7", level="10")
    assert status == 422
    assert page.count("This takes a level from 0 to 9") == 1


def test_nobody_to_answer_is_said_beside_the_call(client: FlaskClient, setting: object) -> None:
    setting(call_take_seconds=1)  # type: ignore[operator]
    for call, field in (("hello", "name"), ("prime", "x")):
        status, page = attempt(client, call=call, **{field: "7"})

        assert status == 503
        assert "Nobody has taken the call in time" in page


def test_an_unknown_call_and_a_form_without_its_token_are_refused(
    client: FlaskClient,
) -> None:
    assert attempt(client, call="nobody")[0] == 422
    assert client.post("/call/", data={"call": "hello"}, headers=HTML).status_code == 400
    assert client.post("/call/hello", data={"name": "Ann"}).status_code == 400
    assert client.post("/call/hello", json={"name": "Ann"}).status_code == 400
