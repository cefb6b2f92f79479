"""The list of users: who sees it, what it finds, and how one gets through it."""

import csv
import io
import itertools
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import db
from app_srvc.accounts.repository import listing as repository
from app_srvc.accounts.repository import statements
from app_srvc.accounts.userlist import listing
from tests.support.accounts import bearer, logged_in, member
from tests.support.pages import HTML, look
from tests.support.people import guest, operator, program
from tests.support.rows import scalar

JSON = {"Accept": "application/json"}


def ask(client: FlaskClient, query: str = "") -> dict[str, Any]:
    """Return the list as JSON."""
    answer = client.get(f"/userlist/{query}", headers=JSON)
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    found: dict[str, Any] = answer.json
    return found


def logins(client: FlaskClient, query: str = "") -> list[str]:
    """Return the logins on a page of the list."""
    return [user["login"] for user in ask(client, query)["users"]]


def all_logins(client: FlaskClient, query: str) -> list[str]:
    """Return the logins on all pages of the list, from one `next` to the other."""
    found, address = list[str](), f"/userlist/{query}"
    while address:
        page = client.get(address, headers=JSON).json
        assert page is not None
        found += [user["login"] for user in page["users"]]
        address = page["next"]
    return found


def test_nobody_but_an_operator_sees_it(app: Flask) -> None:
    plain = member("plain")

    answer = look(guest(app), "/userlist/?q=a")
    assert (answer.status_code, answer.location) == (302, "/login?next=/userlist/?q%3Da")
    assert program(app).get("/userlist/", headers=JSON).status_code == 401
    assert look(logged_in(app, plain), "/userlist/").status_code == 404
    assert (
        program(app).get("/userlist/", headers=bearer(plain, "read", "operate")).status_code == 404
    )
    assert 'href="/userlist/"' not in look(logged_in(app, plain), "/").text


def test_an_operator_by_link_by_role_or_by_token_sees_it(app: Flask) -> None:
    chief = member("chief", role="operator")

    assert logins(operator(app)) == ["chief"]
    assert logins(logged_in(app, chief)) == ["chief"]
    assert 'href="/userlist/"' in look(logged_in(app, chief), "/").text
    answer = program(app).get("/userlist/", headers=bearer(chief, "read", "operate"))
    assert answer.status_code == 200
    without = program(app).get("/userlist/", headers=bearer(chief, "read", "submit"))
    assert without.status_code == 404


def test_it_says_of_each_who_they_are_and_how_they_stand(app: Flask) -> None:
    client = operator(app)
    user_id = member("ada", first_name="Ada", last_name="Byron", state="waiting")
    member("bea", state="locked")
    member("cleo", role="operator")

    [_, _, ada] = ask(client)["users"]
    created_at = ada.pop("created_at")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", created_at)
    assert ada == {
        "id": user_id, "login": "ada", "first_name": "Ada", "last_name": "Byron",
        "email": "ada@example.org", "phone": "+380441234567", "state": "waiting", "role": "user",
    }  # fmt: skip
    page = look(client, "/userlist/").text
    for words in ("Ada Byron", "waiting for password", "locked", "active", "operator"):
        assert words in page


def test_an_empty_list_says_where_people_register(app: Flask) -> None:
    page = look(operator(app), "/userlist/").text

    assert "Nobody has registered yet." in page
    assert re.search(r'<main.*href="/userreg/"', page, re.DOTALL)


def test_a_search_without_a_hit_says_how_to_see_everybody(app: Flask) -> None:
    client = operator(app)
    member("ada")

    for query in ("?q=nobody", "?state=locked"):
        page = look(client, f"/userlist/{query}").text
        assert "Nobody is like that." in page
        assert re.search(r'<main.*href="/userlist/"', page, re.DOTALL)


@pytest.mark.parametrize(
    "text",
    [
        "olen", "OLEN", "Olena_1", "  olena_1 ", "oko", "OKO@EXAMPLE.ORG", "коваль", "Коваль  Ол",
        "олена ко", "ＯＫＯ",
    ],
)  # fmt: skip
def test_it_finds_whose_login_address_or_name_begins_like_that(text: str, app: Flask) -> None:
    member("olena_1", first_name="Олена", last_name="Коваль", email="oko@example.org")
    member("other", first_name="Ada", last_name="Byron")

    answer = operator(app).get("/userlist/", query_string={"q": text}, headers=JSON).json
    assert answer is not None
    assert [user["login"] for user in answer["users"]] == ["olena_1"]


@pytest.mark.parametrize("text", ["lena", "example.org", "аль", "коваль ада"])
def test_it_does_not_find_what_stands_elsewhere(text: str, app: Flask) -> None:
    member("olena_1", first_name="Олена", last_name="Коваль")

    answer = operator(app).get("/userlist/", query_string={"q": text}, headers=JSON).json
    assert answer is not None
    assert answer["users"] == []


def test_an_address_in_an_international_domain_is_found(app: Flask) -> None:
    member("ada", email="ada@пошта.укр")

    assert logins(operator(app), "?q=ada@пошта.укр") == ["ada"]


@pytest.mark.parametrize(
    "text",
    ["%", "_", "a%", "a_a", "\\", "'; DROP TABLE users; --", "<script>alert(1)</script>", '"'],
)
def test_a_search_is_text_and_nothing_else(text: str, app: Flask) -> None:
    client = operator(app)
    member("ada")

    page = client.get("/userlist/", query_string={"q": text}, headers=HTML)
    assert page.status_code == 200
    assert "Nobody is like that." in page.text
    assert "<script>alert" not in page.text
    assert logins(client) == ["ada"]


def test_a_blank_search_is_none(app: Flask) -> None:
    member("ada")

    assert logins(operator(app), "?q=%20%20&state=&sort=&after=&limit=") == ["ada"]


def test_a_name_with_markup_is_shown_as_it_is(app: Flask) -> None:
    member("ada", first_name="<img src=x onerror=alert(1)>", last_name='" onfocus="x')

    page = look(operator(app), "/userlist/").text
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt; &#34; onfocus=&#34;x" in page


WRONG = [
    "state=lost", "sort=phone", "limit=0", "limit=101", "limit=x", f"limit={'9' * 3000}", "q=%00",
    f"q={'x' * 201}", f"q={'x' * 10_000}", "after=x", "after=%00", "after=%FF%FE",
    f"after={listing.write_key('login', ('a',))}", "after=W10", "after=bnVsbA",
    f"after={listing.write_key('newest', ('yesterday', 'x'))}",
    f"after={listing.write_key('newest', ('2026-01-01T00:00:00', '0' * 32))}",
    f"after={listing.write_key('newest', ('2026-01-01T00:00:00+00:00',))}",
    f"sort=name&after={listing.write_key('name', ('a', 'b'))}",
    "sort=login&after=WyJsb2dpbiIsIlx1ZDgwMCJd", "sort=login&after=WyJsb2dpbiIsIlx1MDAwMCJd",
    "sort=login&after=WyJsb2dpbiIsMV0", "after=" + "W1tb" * 999,
]  # fmt: skip


@pytest.mark.parametrize("query", WRONG)
def test_what_cannot_be_asked_is_said_beside_its_field(query: str, app: Flask) -> None:
    client = operator(app)
    field = query.rpartition("&")[2].split("=")[0]

    answer = client.get(f"/userlist/?{query}", headers=JSON)
    assert answer.status_code == 422
    assert answer.json is not None
    assert list(answer.json["errors"]) == [field]
    page = look(client, f"/userlist/?{query}")
    assert page.status_code == 422
    assert answer.json["errors"][field][0] in unescape(page.text)
    assert look(client, f"/userlist/users.csv?{query}").status_code == 422


def test_a_wrong_search_stays_in_its_field(app: Flask) -> None:
    page = look(operator(app), f"/userlist/?q={'x' * 201}").text

    assert f'value="{"x" * 201}"' in page
    assert 'aria-describedby="q-errors"' in page


def test_each_order_is_kept(app: Flask) -> None:
    client = operator(app)
    member("b-first", first_name="Ada", last_name="Zola", email="m@example.org")
    member("a-second", first_name="Bea", last_name="Young", email="z@example.org")
    member("c-third", first_name="Ada", last_name="Young", email="a@example.org")

    assert logins(client) == ["c-third", "a-second", "b-first"]
    assert logins(client, "?sort=name") == ["c-third", "a-second", "b-first"]
    assert logins(client, "?sort=login") == ["a-second", "b-first", "c-third"]
    assert logins(client, "?sort=email") == ["c-third", "b-first", "a-second"]


def everybody() -> list[dict[str, Any]]:
    """Add people so that every search, state and order has something to tell apart."""
    first_names, last_names = ["Zoe", "Ann", "Олена", "ann"], ["Zola", "Annan", "Коваль"]
    people = []
    for number, (first, last, state) in enumerate(
        itertools.product(first_names, last_names, ["active", "waiting", "locked"])
    ):
        login = ["ann", "zoe", "koval"][number % 3] + str(number)
        email = ["zola", "ann"][number % 2] + f"{number}@example.org"
        user_id = member(login, state=state, first_name=first, last_name=last, email=email)
        people.append(
            {
                "id": user_id,
                "number": number,
                "login": login,
                "email": email,
                "state": state,
                "last": f"{last} {first}".casefold(),
                "first": f"{first} {last}".casefold(),
            }
        )
    return people


KEY_OF = {"name": "last", "login": "login", "email": "email"}
ORDERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "newest": lambda one: -one["number"],
    "name": lambda one: (one["last"], one["id"]),
    "login": lambda one: one["login"],
    "email": lambda one: one["email"],
}


ASKED = list(
    itertools.product(
        ORDERS,
        ["", "active", "waiting", "locked"],
        ["", "a", "ann", "zo", "ковал", "ann1", "nobody"],
    )
)


def expected(people: list[dict[str, Any]], sort: str, state: str, text: str) -> list[str]:
    """Return the logins that a list should have; of namesakes the ids say who comes first."""
    return [
        one["login"]
        for one in sorted(people, key=ORDERS[sort])
        if (not state or one["state"] == state)
        and any(one[key].startswith(text) for key in ("login", "email", "last", "first"))
    ]


def test_whatever_is_asked_all_pages_have_everybody_once_and_in_order(app: Flask) -> None:
    client, people = operator(app), everybody()

    for sort, state, text in ASKED:
        query = f"?sort={sort}&state={state}&q={text}"
        assert all_logins(client, f"{query}&limit=5") == expected(people, sort, state, text), query
        assert exported(client, query) == expected(people, sort, state, text), query


@pytest.mark.parametrize("stretch", [4, 10, 100])
def test_where_many_match_newest_first_has_everybody_and_other_orders_say_what_they_lack(
    stretch: int, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "MANY", 5)
    monkeypatch.setattr(repository, "MANY", 5)
    monkeypatch.setattr(statements, "STRETCH", stretch)
    client, people = operator(app), everybody()

    for sort, state, text in ASKED:
        query = f"?sort={sort}&state={state}&q={text}"
        found, wanted = all_logins(client, f"{query}&limit=4"), expected(people, sort, state, text)
        if ask(client, query)["complete"]:
            assert found == wanted, query
        else:
            assert sort != "newest"
            assert [login for login in wanted if login in found] == found, query
            of_the_order = [one["login"] for one in people if one[KEY_OF[sort]].startswith(text)]
            assert set(wanted) & set(of_the_order) <= set(found), query
        assert exported(client, query) == wanted, query


def test_a_list_that_lacks_people_leads_to_one_that_has_them(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "MANY", 1)
    monkeypatch.setattr(repository, "MANY", 1)
    client = operator(app)
    for number in range(4):
        member(f"ada{number}", last_name=f"Byron{number}")

    assert logins(client, "?q=ada&sort=name") == ["ada0"]
    page = look(client, "/userlist/?q=ada&sort=name").text
    assert "this order does not show them all" in page
    assert 'href="?q=ada">Everybody like that, newest first' in page
    assert logins(client, "?q=ada") == ["ada3", "ada2", "ada1", "ada0"]
    assert "show them all" not in look(client, "/userlist/?q=ada").text


def exported(client: FlaskClient, query: str) -> list[str]:
    """Return the logins in the file for spreadsheets."""
    return [row["login"] for row in table(client, query)]


def table(client: FlaskClient, query: str = "") -> list[dict[str, str]]:
    """Return the rows of the file for spreadsheets."""
    answer = client.get(f"/userlist/users.csv{query}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def test_those_who_came_at_the_same_moment_are_each_listed_once(app: Flask) -> None:
    client = operator(app)
    everyone = {member(f"user{number}") for number in range(7)}
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE users SET created_at = date_trunc('hour', now())")

    assert len(all_logins(client, "?limit=2")) == 7
    assert len(set(all_logins(client, "?limit=2"))) == len(everyone)


def test_filters_remain_from_page_to_page_and_lead_back(app: Flask) -> None:
    client = operator(app)
    for number in range(5):
        member(f"user{number}")
    query = "?q=user&state=active&sort=login&limit=2"

    first = look(client, f"/userlist/{query}").text
    assert "First page" not in first
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following is not None
    second = look(client, "/userlist/" + unescape(following.group(1))).text
    assert "user2" in second
    assert "user1" not in second
    assert 'value="user"' in second
    assert '<option selected value="active">' in second
    assert '<option selected value="login">' in second
    assert '<input type="hidden" name="limit" value="2">' in second
    assert f'<a href="{query}">First page</a>'.replace("&", "&amp;") in second


def test_a_page_that_is_just_full_is_the_last(app: Flask) -> None:
    client = operator(app)
    for number in range(3):
        member(f"user{number}")

    assert ask(client, "?limit=3")["next"] is None
    assert ask(client, "?limit=2")["next"] is not None
    assert 'rel="next"' not in look(client, "/userlist/?limit=3").text


def test_a_page_goes_on_where_the_last_one_ended_though_its_last_is_gone(app: Flask) -> None:
    client = operator(app)
    for number in range(4):
        member(f"user{number}")
    address = ask(client, "?limit=2&sort=login")["next"]
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("DELETE FROM users WHERE login = 'user1'")

    answer = client.get(address, headers=JSON).json
    assert answer is not None
    assert [user["login"] for user in answer["users"]] == ["user2", "user3"]


def test_behind_the_last_page_a_way_leads_back(app: Flask) -> None:
    client = operator(app)
    member("ada")
    after = listing.write_key("login", ("zzz",))

    page = look(client, f"/userlist/?sort=login&after={after}").text
    assert "Nobody follows." in page
    assert 'href="?sort=login">Back to the first page' in page


def test_a_name_that_is_written_out_long_keeps_no_page_from_being_reached(app: Flask) -> None:
    client = operator(app)
    for number in range(3):
        # One character that compatibility writes as eighteen.
        member(f"user{number}", first_name="ﷺ" * 100, last_name="ﷺ" * 100)

    address = ask(client, "?sort=name&limit=1")["next"]
    assert len(address) < 4000
    assert len(all_logins(client, "?sort=name&limit=1")) == 3
    assert scalar("SELECT max(length(name_key)) FROM users") == 256
