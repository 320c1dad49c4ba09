"""Eleven examples: rules that live in a session and are called like functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from examples.sandbox.engine import RuleEngine
from examples.sandbox.rules import BadRule, Rule
from examples.sandbox.sessions import confined_session, note_violations
from holdfast.capabilities import CapabilityManager, CapabilityViolation
from holdfast.session import RemoteError, Session
from tests.contract.capability_machine import needs_confinement
from tests.examples.sandbox.rulebook import EXAMPLE, ORDER, RULES, SNOOPING, order, rule


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """One interpreter for the examples that are not about how it ends."""
    with Session() as session:
        yield session


def test_a_rule_in_a_session_is_called_like_a_function(session: Session) -> None:
    session.execute("def discount(price, *, share=0.1): return price * (1 - share)")
    discount = session.callback("discount")
    assert discount(100) == 90
    assert discount(100, share=0.5) == 50


def test_a_callback_reaches_methods_by_their_dotted_name(session: Session) -> None:
    session.execute("class Book:\n    def size(self): return 3\nbook = Book()")
    assert session.callback("book.size")() == 3


def test_what_a_rule_raises_is_raised_here_with_its_own_traceback(session: Session) -> None:
    session.execute("class NoStock(LookupError): pass\ndef take(n): raise NoStock(f'only {n}')")
    with pytest.raises(LookupError, match="only 2") as caught:
        session.callback("take")(2)
    assert isinstance(caught.value, RemoteError)
    assert "in take" in caught.value.__notes__[0]


def test_a_default_stands_in_for_a_rule_that_raises(session: Session) -> None:
    session.execute("def share(order): return order['part'] / order['whole']")
    share = session.callback("share", default=None)
    assert share({"part": 1, "whole": 4}) == 0.25
    assert share({"part": 1, "whole": 0}) is None


def test_a_handler_is_given_the_exception_and_what_it_raises_is_heard(session: Session) -> None:
    session.execute("def fails(order): raise ValueError('no weight')")
    told = session.callback("fails", error_handler=lambda error: f"refused: {error}")
    assert told(ORDER) == "refused: no weight"

    def stop(error: Exception) -> Any:
        raise BadRule("fails") from error

    with pytest.raises(BadRule) as caught:
        session.callback("fails", error_handler=stop)(ORDER)
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_rule_cannot_change_the_order_of_its_caller(session: Session) -> None:
    session.execute(
        "def clears(order):\n    order['lines'].clear()\n    return len(order['lines'])"
    )
    mine = order()
    assert session.callback("clears")(mine) == 0
    assert mine == order()


def test_one_rule_that_cannot_judge_keeps_the_order_from_being_accepted(session: Session) -> None:
    broken = rule("is_heavy", "return order['weight'] > 3")
    engine = RuleEngine(session, [*RULES, broken, rule("mumbles", "return 1")])
    decision = engine.decide(ORDER)
    assert decision.status == "unclear"
    statuses = [each.status for each in decision.verdicts]
    assert statuses == [*["accepted"] * 3, *["unclear"] * 2]
    assert [each.reason for each in decision.verdicts[3:]] == [
        "KeyError: 'weight'",
        "the answer must be True, False or a text, got 1",
    ]
    assert engine.decide_all([ORDER]) == [decision]
    assert engine.decide(order(2000)).status == "refused"


def test_a_rule_that_ends_its_interpreter_loses_its_own_verdict_alone() -> None:
    quits = Rule(name="quits", code="import os\ndef quits(order): os._exit(1)")
    with Session() as session:
        decision = RuleEngine(session, [quits, *RULES]).decide(ORDER)
        assert [each.status for each in decision.verdicts] == ["unclear", *["accepted"] * 3]
        assert decision.verdicts[0].reason.startswith("SessionCrash: ")


def test_a_rule_that_never_ends_is_interrupted_and_the_others_still_judge() -> None:
    endless = rule("waits", "while True: pass")
    with Session(timeout_s=0.5) as session:
        decision = RuleEngine(session, [endless, *RULES]).decide(ORDER)
    assert [each.status for each in decision.verdicts] == ["unclear", *["accepted"] * 3]
    assert decision.verdicts[0].reason.startswith("TimeoutError: ")


@needs_confinement
def test_a_callback_is_held_to_what_its_session_was_handed_and_the_manager_hears_of_it() -> None:
    manager = CapabilityManager([f"read:{EXAMPLE}", "net:127.0.0.1"])
    with confined_session(manager, [f"read:{EXAMPLE}/rulebook"]) as session:
        session.execute(SNOOPING.code)
        is_known = session.callback(SNOOPING.name, error_handler=note_violations(manager))
        with pytest.raises(CapabilityViolation) as caught:
            is_known(ORDER)
        session.execute("def opens(path):\n    with open(path) as file: return len(file.read())")
        assert session.call("opens", str(EXAMPLE / "rulebook" / "orders.toml")) > 0
        assert session.callback("opens", default=0)(str(EXAMPLE / "holdfast.toml")) == 0
    assert caught.value.capability == "read:/etc/hostname"
    (violation,) = manager.violations
    assert (violation.context, violation.resource) == ("default/session", "/etc/hostname")


def test_a_session_cannot_be_handed_more_than_its_maker_has() -> None:
    manager = CapabilityManager([f"read:{EXAMPLE}"])
    with (
        pytest.raises(CapabilityViolation, match=r"net:127\.0\.0\.1 to hand on to session"),
        confined_session(manager, ["net:127.0.0.1"]),
    ):
        pytest.fail("no session may be opened")
    assert [each.kind for each in manager.violations] == ["net"]
