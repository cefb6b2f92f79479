"""Several steps with each record: none twice, and undone when the last of them fails for good."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from app_srvc.processors import handlers
from app_srvc.processors.handlers.failures import (
    Failure,
    LostRecord,
    Permanent,
    Transient,
    Unknown,
    WrongConfiguration,
)
from app_srvc.processors.handlers.protocol import Context, Done, Payload, Record
from tests.support.handling import KEY, Calling, failure, handle, record
from tests.support.misbehaving import answers, serving

FAILURES: Mapping[str, Exception] = {
    "transient": Transient("Not now."),
    "permanent": Permanent("Never."),
    "unknown": Unknown("Nobody knows."),
    "configuration": WrongConfiguration("Not like this."),
    "bug": ZeroDivisionError(),
    "lost": LostRecord(),
}


class Probe:
    """Notes what it was given, and fails as it is told."""

    name = "probe"
    title = "Probe"
    schema: ClassVar[Mapping[str, Any]] = {"type": "object"}
    seen: ClassVar[list[tuple[str, bytes, str]]] = []
    fails: ClassVar[dict[str, str]] = {}

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._says = config.get("says", "")

    def handle(self, record: Record, context: Context) -> Done:
        """Add a word to the record."""
        self.seen.append((self._says, record.payload.body, context.key()))
        if how := self.fails.get(self._says):
            raise FAILURES[how]
        return Done(Payload("text/plain", record.payload.body + self._says.encode()), 201)


@pytest.fixture(autouse=True)
def probe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be such a handler."""
    monkeypatch.setitem(handlers._all(), "probe", Probe)
    monkeypatch.setattr(Probe, "seen", [])
    monkeypatch.setattr(Probe, "fails", {})


def step(says: str, **more: object) -> dict[str, object]:
    """Return a step, which is undone by the same word in capitals."""
    undo = {"handler": "probe", "config": {"says": says.upper()}}
    return {
        "name": says, "handler": "probe", "config": {"says": says}, "compensate": undo, **more,
    }  # fmt: skip


CHAIN = {"steps": [step("a"), step("b"), step("c")]}
LETTER = record(b"-", "text/plain")


def words() -> str:
    """Return what was done, in order."""
    return " ".join(says for says, *_ in Probe.seen)


def test_each_step_gets_what_the_one_before_has_made() -> None:
    done = handle("chain", CHAIN, LETTER)

    assert [body for _, body, _ in Probe.seen] == [b"-", b"-a", b"-ab"]
    assert (done.output, done.http_status) == (Payload("text/plain", b"-abc"), 201)


def test_each_step_has_a_key_of_its_own_that_stays() -> None:
    handle("chain", CHAIN, LETTER)
    keys = [key for *_, key in Probe.seen]
    handle("chain", CHAIN, LETTER)

    assert len({*keys, str(KEY)}) == 4
    assert [key for *_, key in Probe.seen] == keys * 2


def test_what_is_done_is_not_done_again() -> None:
    context = Calling()
    Probe.fails["b"] = "transient"
    failure("chain", CHAIN, LETTER, context)
    del Probe.fails["b"]
    done = handle("chain", CHAIN, LETTER, context)

    assert words() == "a b b c"
    assert done.output == Payload("text/plain", b"-abc")


def test_a_step_is_known_by_its_name_wherever_it_stands() -> None:
    context = Calling()
    Probe.fails["b"] = "transient"
    failure("chain", {"steps": [step("a"), step("b")]}, LETTER, context)
    Probe.fails["b"] = "permanent"
    failure("chain", {"steps": [step("new"), step("a"), step("b")]}, LETTER, context)

    failure("chain", {"steps": [step("new"), step("a"), step("b")]}, LETTER, given_up(context))

    assert words() == "a b new b A NEW"
    keys = {(says, key) for says, _, key in Probe.seen}
    assert len(keys) == len({key for _, key in keys}) == 5


@pytest.mark.parametrize(
    "changed", [step("a", config={"says": "other"}), {"name": "a", "handler": "log"}]
)
def test_a_step_that_was_done_as_it_was_configured_before_is_left_to_people(
    changed: dict[str, object],
) -> None:
    context = Calling()
    Probe.fails["b"] = "transient"
    failure("chain", {"steps": [step("a"), step("b")]}, LETTER, context)
    failed = failure("chain", {"steps": [changed, step("b")]}, LETTER, context)

    assert failed.kind == "configuration"
    assert failed.sentence.startswith("The step “a” of a record was done")
    assert words() == "a b"


def test_two_steps_of_one_name_cannot_be_configured() -> None:
    failed = failure("chain", {"steps": [step("a"), step("b"), step("a")]})

    assert (failed.kind, "“a”" in failed.sentence) == ("configuration", True)


@pytest.mark.parametrize("how", FAILURES)
def test_nothing_is_undone_before_the_record_is_given_up(how: str) -> None:
    Probe.fails["c"] = how

    with pytest.raises(type(FAILURES[how])):
        handle("chain", CHAIN, LETTER, Calling())
    assert words() == "a b c"


def given_up(context: Calling) -> Calling:
    """Return what a handler is given when the record comes for the last time."""
    context.given_up = "It is wrong."
    return context


def test_of_a_record_that_is_given_up_what_is_done_is_undone_the_last_first() -> None:
    Probe.fails["c"] = "permanent"
    context = Calling()
    failure("chain", CHAIN, LETTER, context)
    failed = failure("chain", CHAIN, LETTER, given_up(context))

    assert (failed.kind, words()) == ("permanent", "a b c B A")
    assert failed.sentence == "It is wrong. What can be undone is undone."
    assert [context.step(0, name).is_compensated for name in "abc"] == [True, True, False]


def test_what_has_no_way_back_stays() -> None:
    Probe.fails["c"] = "permanent"
    context = Calling()
    one_way = {"name": "b", "handler": "probe", "config": {"says": "b"}}
    chain = {"steps": [step("a"), one_way, step("c")]}
    for _ in range(2):
        failure("chain", chain, LETTER, context)
        given_up(context)

    assert words() == "a b c A"


def test_undoing_is_tried_again_and_nothing_is_undone_twice() -> None:
    context = Calling()
    Probe.fails |= {"c": "permanent", "A": "transient"}
    failure("chain", CHAIN, LETTER, context)

    assert failure("chain", CHAIN, LETTER, given_up(context)).kind == "transient"
    assert words() == "a b c B A"
    del Probe.fails["A"]
    assert failure("chain", CHAIN, LETTER, context).kind == "permanent"
    assert words() == "a b c B A A"
    assert failure("chain", CHAIN, LETTER, context).kind == "permanent"
    assert words() == "a b c B A A"


def test_undoing_that_may_have_happened_is_unknown() -> None:
    Probe.fails |= {"c": "permanent", "B": "unknown"}
    context = Calling()
    failure("chain", CHAIN, LETTER, context)

    assert failure("chain", CHAIN, LETTER, given_up(context)).kind == "unknown"
    assert context.lines == ["“b” is not undone: Nobody knows."]


def test_a_step_is_left_out_unless_its_condition_holds() -> None:
    chain = {
        "steps": [
            step("a"),
            step("b", condition="record.body == '-a'"),
            step("c", condition="record.body == '-a'"),
            step("d", condition="record.source_key.startswith('letter')"),
        ]
    }
    context = Calling()
    handle("chain", chain, LETTER, context)

    assert words() == "a b d"
    assert context.lines == ["Not needed: “c”."]


def test_calls_of_a_chain_are_not_repeated_when_a_later_one_fails() -> None:
    with serving(answers(200)) as first, serving(answers(500)) as second:
        chain = {
            "steps": [
                {"name": name, "handler": "http", "config": {"url": one.url, "private": True}}
                for name, one in (("first", first), ("second", second))
            ]
        }
        context = Calling()
        for _ in range(2):
            assert failure("chain", chain, context=context).kind == "transient"

    assert (len(first.received), len(second.received)) == (1, 2)
    keys = {one.headers["idempotency-key"] for one in second.received}
    assert len(keys) == 1
    assert keys != {first.received[0].headers["idempotency-key"]}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"handler": "chain", "config": CHAIN}, "cannot be a step"),
        ({"handler": "nobody"}, "no handler"),
        ({"handler": "http", "config": {}}, "'url' is a required"),
        ({"condition": "1 +"}, "cannot be read"),
        ({"compensate": {"handler": "chain"}}, "cannot be a step"),
        ({"handler": "log", "config": {}}, "nothing that could be undone"),
    ],
)
def test_what_makes_no_sense_cannot_be_configured(wrong: dict[str, object], says: str) -> None:
    failed: Failure = failure("chain", {"steps": [step("a") | wrong]})

    assert failed.kind == "configuration"
    assert failed.sentence.startswith("In step “a”: ")
    assert says in failed.sentence


def test_a_step_that_calls_nothing_is_done_again_with_what_is_there_now() -> None:
    def chain(word: str) -> dict[str, object]:
        text = (
            "<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform'>"
            "<xsl:output method='text'/><xsl:template match='/'>"
            f"{word} <xsl:value-of select='.'/></xsl:template></xsl:stylesheet>"
        )
        transform = {"name": "t", "handler": "xml.transform", "config": {"xslt": text}}
        return {"steps": [transform, step("a")]}

    context = Calling()
    Probe.fails["a"] = "transient"
    failure("chain", chain("Dear"), record(b"<to>Olha</to>"), context)
    failure("chain", chain("Good"), record(b"<to>Oleh</to>"), context)

    assert [body for _, body, _ in Probe.seen] == [b"Dear Olha", b"Good Oleh"]
