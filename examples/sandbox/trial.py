"""What would a rule say of many orders? Each is tried on its own, several at once."""

from __future__ import annotations

from collections.abc import Sequence

import anyio

from examples.sandbox.rules import Decision, Order, Rule, Verdict, check_rule, conclude, read_answer
from holdfast.session.protocol import AsyncSessionPort, ExecutorPort

__all__ = ["decide_in", "try_rule"]


async def try_rule(
    executor: ExecutorPort, rule: Rule, orders: Sequence[Order], *, timeout_s: float | None = None
) -> list[Verdict]:
    """Return a verdict per order, in their order; none knows of the others.

    Raises:
        BadRule: the rule is none; nothing was run.
    """
    check_rule(rule)
    verdicts: dict[int, Verdict] = {}

    async def ask(n: int, order: Order) -> None:
        code = f"{rule.code}\n{rule.name}({order!r})"
        result = await executor.execute(code, timeout_s=timeout_s)
        verdicts[n] = (
            read_answer(rule.name, result.value)
            if result.success
            else Verdict(rule=rule.name, status="unclear", reason=str(result.error))
        )

    async with anyio.create_task_group() as tasks:
        for n, order in enumerate(orders):
            tasks.start_soon(ask, n, order)
    return [verdicts[n] for n in range(len(orders))]


async def decide_in(session: AsyncSessionPort, rules: Sequence[Rule], order: Order) -> Decision:
    """Ask rules about one order in an asynchronous session that need not know them yet."""
    verdicts: list[Verdict] = []
    for rule in rules:
        loaded = await session.execute(rule.code)
        if loaded.status != "ok":
            verdicts.append(Verdict(rule=rule.name, status="unclear", reason=str(loaded.error)))
            continue
        ask = session.callback(rule.name, error_handler=lambda error: error)
        answer = await ask(order)
        if isinstance(answer, Exception):
            reason = f"{type(answer).__name__}: {answer}".partition("\n")[0]
            verdicts.append(Verdict(rule=rule.name, status="unclear", reason=reason))
        else:
            verdicts.append(read_answer(rule.name, answer))
    return conclude(verdicts)
