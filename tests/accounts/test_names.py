"""What people may be called, and when two names are one."""

import pytest

from app_srvc.accounts import names


@pytest.mark.parametrize("text", ["ANN", "Ann", "ＡＮＮ", " ann\n"])
def test_neither_case_nor_width_makes_another_login(text: str) -> None:
    assert names.login(text).key == "ann"


@pytest.mark.parametrize(
    "text", ["Оксана", "王小明", "ann.archer-2", "o_o", "カタひら漢字", "김철수"]
)
def test_a_login_may_be_in_any_script(text: str) -> None:
    assert names.login(text).key


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "ab", "a" * 31, "a" * 100_000, "ann archer", "аnn", "ann_王", ".ann", "ann-",
        "ann\0", "an\nn", "ann\u200b", "ann\u202e", "<b>ann</b>", "' OR 1=1 --", "ann@example.org",
        "😀😀😀", "\ud800\ud800\ud800",
    ],
)  # fmt: skip
def test_a_login_that_nobody_can_have_is_refused(text: str) -> None:
    with pytest.raises(names.Wrong):
        names.login(text)


def test_of_an_address_neither_case_nor_script_of_the_domain_counts() -> None:
    assert names.email("Ann@Example.ORG").key == names.email("ann@example.org").key
    assert names.email("ann@приклад.укр").key == names.email("ann@xn--80aikifvh.xn--j1amh").key


@pytest.mark.parametrize(
    "text",
    [
        "", "ann", "ann@", "@example.org", "ann@example", "ann@localhost", "a b@example.org",
        "ann@example.org\nBcc: eve@example.org", "ann@[127.0.0.1]", "Ann <ann@example.org>",
        "анна@example.org", "a" * 100_000, "ann@exa\0mple.org", "ann@example..org",
    ],
)  # fmt: skip
def test_an_address_to_which_nothing_can_be_sent_is_refused(text: str) -> None:
    with pytest.raises(names.Wrong):
        names.email(text)


def test_a_telephone_number_has_one_form() -> None:
    assert names.phone("+380 (44) 123-45-67", None) == "+380441234567"
    assert names.phone("044 123 45 67", "UA") == "+380441234567"


@pytest.mark.parametrize("text", ["", "123", "044 123 45 67", "+380", "call me", "9" * 100_000])
def test_what_is_no_telephone_number_is_refused(text: str) -> None:
    with pytest.raises(names.Wrong):
        names.phone(text, None)


def test_a_name_is_composed_and_trimmed() -> None:
    assert names.person_name("  Zoe\u0308   Ann  ") == "Zoë Ann"
    assert names.person_name("O'Neil-王 3rd") == "O'Neil-王 3rd"


@pytest.mark.parametrize("text", ["", " ", "123", "Ann\nArcher", "a\0b", "x" * 101, "\u202eAnn"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(names.Wrong):
        names.person_name(text)


def test_people_are_sorted_by_last_name_whatever_its_case() -> None:
    assert names.name_key("Ann", "ARCHER") == "archer ann"
