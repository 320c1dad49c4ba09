"""Eleven examples: the engine above sessions, executors and managers that are scripted."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any

import anyio.lowlevel
import pytest

from examples.sandbox.engine import RuleEngine
from examples.sandbox.rules import Decision, Order, Rule
from examples.sandbox.sessions import note_violations
from examples.sandbox.trial import try_rule
from holdfast.capabilities import CapabilityViolation
from holdfast.doubles import (
    Answer,
    HttpAnswer,
    HttpStub,
    IntegrationTestHelper,
    MockAsyncExecutor,
    MockCapabilityManager,
    MockREPLSession,
    Unscripted,
    answers,
    count_calls,
    double_of,
)
from holdfast.session import Session
from tests.contract.capability_machine import needs_confinement
from tests.examples.sandbox.rulebook import EXAMPLE, ORDER, RULES, SNOOPING, order, rule

DEFINITION = re.compile(r"(?s).*\bdef .*")
FAIR = rule("is_fair", "return True")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def scripted(**options: Any) -> MockREPLSession:
    """Return a double that takes every definition of a function."""
    session = MockREPLSession(**options)
    session.script(DEFINITION, None)
    return session


def scripted_to_accept() -> MockREPLSession:
    session = scripted()

    def is_fair(order: Order) -> bool:
        return bool(order)

    session.function("is_fair", is_fair)
    return session


@pytest.mark.parametrize("opened", [Session, scripted_to_accept], ids=["real", "double"])
def test_the_engine_decides_alike_over_a_session_and_its_double(
    opened: Callable[[], contextlib.AbstractContextManager[Any]],
) -> None:
    with opened() as session:
        assert RuleEngine(session, [FAIR]).decide(ORDER).status == "accepted"
        assert [each.status for each in session.history] == ["ok"] * 3


def test_answers_in_sequence_refuse_the_order_that_comes_second() -> None:
    session = scripted()
    session.script(re.compile(r"is_fair\(.*\)"), True, "one order a day", True)
    engine = RuleEngine(session, [FAIR])
    assert [engine.decide(ORDER).status for _ in range(3)] == ["accepted", "refused", "accepted"]
    assert [each.result for each in session.function_calls] == [True, "one order a day", True]


def test_rules_are_put_back_after_an_interpreter_was_lost() -> None:
    session = scripted()
    session.script(re.compile(r"is_fair\(.*\)"), Answer(status="crash"), True)
    engine = RuleEngine(session, [FAIR])
    assert engine.decide(ORDER).verdicts[0].reason.startswith("SessionCrash")
    assert session.get_execution_count(FAIR.code) == 2
    assert engine.decide(ORDER).status == "accepted"


def test_a_rule_that_takes_too_long_is_given_its_limit_and_no_more() -> None:
    waited: list[float] = []
    session = scripted(timeout_s=2.0, sleep=waited.append)
    session.script(re.compile(r"is_fair\(.*\)"), Answer(value=True, delay_s=3600))
    decision = RuleEngine(session, [FAIR]).decide(ORDER)
    assert decision.verdicts[0].reason.startswith("TimeoutError: ")
    assert waited == [2.0]


def test_a_call_that_nothing_scripts_fails_at_once_and_says_what_is_scripted() -> None:
    with pytest.raises(Unscripted, match=r"must be scripted, got .is_fare") as caught:
        scripted_to_accept().call("is_fare", ORDER)
    assert "'is_fair'" in str(caught.value)


@pytest.mark.anyio
async def test_an_executor_fails_once_or_altogether_and_a_reset_forgets_both() -> None:
    async with MockAsyncExecutor() as executor:
        executor.script(DEFINITION, True, fail_on={2: OSError("no more processes")})
        once = await try_rule(executor, FAIR, [ORDER] * 3)
        executor.should_fail = ConnectionError("the pool is gone")
        (down,) = await try_rule(executor, FAIR, [ORDER])
        assert executor.get_execution_count() == 4
        executor.reset()
        assert executor.get_execution_count() == 0
        executor.script(DEFINITION, True)
        (up,) = await try_rule(executor, FAIR, [ORDER])
    assert sorted(each.status for each in once) == ["accepted", "accepted", "unclear"]
    assert (down.reason, up.status) == ("ConnectionError: the pool is gone", "accepted")


@pytest.mark.anyio
async def test_answers_that_overtake_each_other_are_put_back_in_order() -> None:
    ended: list[float] = []

    async def wait(seconds: float) -> None:
        for _ in range(int(seconds)):
            await anyio.lowlevel.checkpoint()
        ended.append(seconds)

    async with MockAsyncExecutor(sleep=wait) as executor:
        for price, delay_s in ((1, 30), (2, 20), (3, 10)):
            code = f"{FAIR.code}\nis_fair({order(price)!r})"
            executor.script(code, Answer(value=f"number {price}", delay_s=delay_s))
        verdicts = await try_rule(
            executor, FAIR, [order(price) for price in (1, 2, 3)], timeout_s=60
        )
    assert ended == [10, 20, 30]
    assert [each.reason for each in verdicts] == ["number 1", "number 2", "number 3"]


def test_a_violation_is_recorded_on_machines_that_cannot_confine_anything() -> None:
    manager = MockCapabilityManager([f"read:{EXAMPLE}/rulebook"])
    session = scripted(capabilities=manager.granted())
    session.script(re.compile(r"is_known\(.*\)"), Answer(value=True, uses=("read:/etc/hostname",)))
    is_known = session.callback("is_known", error_handler=note_violations(manager))
    with pytest.raises(CapabilityViolation):
        is_known(ORDER)
    (violation,) = manager.violations
    assert (violation.kind, violation.resource) == ("read", "/etc/hostname")


def test_a_double_of_the_engine_cannot_drift_from_its_signatures() -> None:
    engine: Any = double_of(RuleEngine)
    answers(engine.decide, Decision(status="accepted", verdicts=()))
    assert engine.decide(ORDER).status == "accepted"
    assert count_calls(engine.decide) == 1
    for wrong in ((), ("no order",), (ORDER, ORDER)):
        with pytest.raises(TypeError):
            engine.decide(*wrong)
    with pytest.raises(AttributeError, match="decide"):
        engine.decied(ORDER)


@needs_confinement
def test_a_helper_hands_a_confined_session_to_the_engine_and_keeps_both_histories() -> None:
    readable = [f"read:{EXAMPLE}/rulebook"]
    with IntegrationTestHelper() as helper:
        session = helper.create_test_repl(capabilities=readable)
        decision = RuleEngine(session, [*RULES, SNOOPING]).decide(ORDER)
        assert [each.status for each in decision.verdicts] == [*["accepted"] * 3, "unclear"]
        helper.assert_callback_works(session, "is_served", [ORDER], expected_result=True)
        asked = f"{SNOOPING.code}\nis_known({{}})"
        helper.assert_capability_violation(asked, "read:/etc/hostname", readable)
        with pytest.raises(AssertionError, match="must be stopped"):
            helper.assert_capability_violation("1 + 1", "read:/etc/hostname", readable)
    assert [each.resource for each in helper.get_violation_history()] == ["/etc/hostname"]
    assert any("is_served" in each.code for each in helper.get_execution_history())


def test_a_rule_that_asks_a_service_is_unclear_while_the_service_is_down() -> None:
    asking = Rule(
        name="is_in_stock",
        code=(
            "import json, urllib.request\n"
            "def is_in_stock(order):\n"
            "    with urllib.request.urlopen(f\"{order['stock']}/{order['id']}\") as answer:\n"
            "        return json.load(answer)['count'] > 0"
        ),
    )
    with HttpStub() as stub, Session() as session:
        down, up = HttpAnswer(status=503), HttpAnswer(json={"count": 3})
        stub.on("GET", "/stock/7").answers_each([down, up])
        engine, asked = RuleEngine(session, [asking]), order(id=7, stock=f"{stub.url}/stock")
        decisions = [engine.decide(asked) for _ in range(2)]
    assert [each.status for each in decisions] == ["unclear", "accepted"]
    assert decisions[0].verdicts[0].reason.startswith("HTTPError: HTTP Error 503")
