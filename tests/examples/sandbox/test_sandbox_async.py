"""Eleven examples: rules that are tried side by side, in executors and asynchronous sessions."""

from __future__ import annotations

import anyio
import pytest

from examples.sandbox.rules import BadRule, Decision, Rule, Verdict
from examples.sandbox.sessions import confined_executor
from examples.sandbox.trial import decide_in, try_rule
from holdfast.capabilities import CapabilityManager
from holdfast.errors import UsageError
from holdfast.session import AsyncExecutor, AsyncSession
from tests.contract.capability_machine import needs_confinement
from tests.examples.sandbox.rulebook import EXAMPLE, ORDER, RULES, SNOOPING, order, rule

pytestmark = pytest.mark.anyio
AFFORDABLE = RULES[1]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_rule_is_tried_on_many_orders_at_once_and_answers_come_in_their_order() -> None:
    async with AsyncExecutor(workers=2) as executor:
        verdicts = await try_rule(executor, AFFORDABLE, [order(price) for price in (1, 2000, 3)])
    assert [each.status for each in verdicts] == ["accepted", "refused", "accepted"]
    assert verdicts[1].reason == "the total must be 1000 at most, got 2000"


async def test_an_order_that_a_rule_cannot_judge_costs_its_own_verdict_alone() -> None:
    async with AsyncExecutor(workers=2) as executor:
        verdicts = await try_rule(executor, AFFORDABLE, [ORDER, {"id": 2}])
    assert [each.status for each in verdicts] == ["accepted", "unclear"]
    assert verdicts[1].reason == "KeyError: 'lines'"


async def test_a_rule_that_never_ends_is_stopped_and_the_others_are_answered() -> None:
    patient = rule("is_patient", "while order['id'] == 2: pass", "return True")
    orders = [order(id=n) for n in (1, 2, 3)]
    async with AsyncExecutor(workers=2) as executor:
        verdicts = await try_rule(executor, patient, orders, timeout_s=0.5)
    assert [each.status for each in verdicts] == ["accepted", "unclear", "accepted"]
    assert verdicts[1].reason.startswith("TimeoutError: the code must end within 500 ms")


async def test_a_rule_that_ends_its_interpreter_is_a_result_like_any_other() -> None:
    async with AsyncExecutor(workers=1) as executor:
        verdicts = await try_rule(executor, rule("quits", "import os; os._exit(0)"), [ORDER])
        assert verdicts[0].status == "unclear"
        assert (await executor.execute("6 * 7")).value == 42


async def test_no_execution_sees_what_another_one_left() -> None:
    counting = Rule(
        name="counts",
        code="seen = []\ndef counts(order):\n    seen.append(order)\n    return len(seen) == 1",
    )
    async with AsyncExecutor(workers=1) as executor:
        verdicts = await try_rule(executor, counting, [ORDER, ORDER, ORDER])
        assert "NameError" in str((await executor.execute("seen")).error)
    assert [each.status for each in verdicts] == ["accepted"] * 3


async def test_what_is_no_rule_is_refused_before_anything_runs() -> None:
    async with AsyncExecutor(workers=1) as executor:
        with pytest.raises(BadRule, match="must take one order, got 0 arguments"):
            await try_rule(executor, Rule(name="f", code="def f(): pass"), [ORDER])


async def test_a_closed_executor_says_so() -> None:
    executor = AsyncExecutor(workers=1)
    await executor.close()
    with pytest.raises(UsageError, match="the executor is closed"):
        await executor.execute("1")


async def test_rules_of_an_asynchronous_session_may_await() -> None:
    waiting = Rule(
        name="waits",
        code="import asyncio\nasync def waits(order):\n    await asyncio.sleep(0)\n    return True",
    )
    async with AsyncSession() as session:
        decision = await decide_in(session, [waiting, *RULES], ORDER)
    assert decision.status == "accepted"
    assert [each.rule for each in decision.verdicts] == ["waits", *(each.name for each in RULES)]


async def test_a_caller_who_gives_up_stops_the_turn_and_can_go_on_with_the_session() -> None:
    async with AsyncSession() as session:
        await session.execute("kept = 5")
        with anyio.move_on_after(0.3) as scope:
            await session.execute("while True: pass")
        assert scope.cancelled_caught
        assert (await session.execute("kept")).value == 5


@needs_confinement
async def test_capabilities_reach_the_executor_and_a_snooping_rule_is_stopped() -> None:
    manager = CapabilityManager([f"read:{EXAMPLE}/rulebook"])
    async with confined_executor(manager, workers=1) as executor:
        (verdict,) = await try_rule(executor, SNOOPING, [ORDER])
    assert verdict.status == "unclear"
    assert "read:/etc/hostname was stopped" in verdict.reason
    assert [each.action for each in manager.audit_log] == ["grant", "context"]


def test_the_same_code_runs_on_trio() -> None:
    async def ask() -> tuple[list[Verdict], Decision]:
        async with AsyncExecutor(workers=1) as executor, AsyncSession() as session:
            tried = await try_rule(executor, AFFORDABLE, [ORDER])
            return tried, await decide_in(session, [AFFORDABLE], ORDER)

    tried, decided = anyio.run(ask, backend="trio")
    assert decided.verdicts == tuple(tried)
