"""How are orders decided by rules that live in a session?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from examples.sandbox.rules import BadRule, Decision, Order, Rule, Verdict, conclude, read_answer
from holdfast.session.protocol import SessionPort

__all__ = ["RuleEngine"]

# Runs in the session: one turn for many orders. Names with two underscores stay out of sight.
EACH = """
import copy as __copy

def __each(names, orders):
    answers = []
    for order in orders:
        row = []
        for name in names:
            try:
                row.append([True, globals()[name](__copy.deepcopy(order))])
            except Exception as error:
                row.append([False, f"{type(error).__name__}: {error}"])
        answers.append(row)
    return answers
"""


class RuleEngine:
    """Decides orders by rules that live in a session, real or scripted.

    A rule that raises, passes its limit or ends its interpreter makes its verdict
    unclear; the other rules still judge.
    """

    def __init__(self, session: SessionPort, rules: Sequence[Rule]) -> None:
        self._session = session
        self._rules = tuple(rules)
        self._callbacks: dict[str, Callable[..., Any]] = {}
        self.load()

    def load(self) -> None:
        """Define every rule in the session.

        Raises:
            BadRule: the session does not take one.
        """
        for name, code in [*((rule.name, rule.code) for rule in self._rules), ("", EACH)]:
            turn = self._session.execute(code)
            if turn.status != "ok":
                raise BadRule(f"rule {name!r} must load, got {turn.error or turn.status}")
        for rule in self._rules:
            handler = partial(self._explain, rule.name)
            self._callbacks[rule.name] = self._session.callback(rule.name, error_handler=handler)

    def decide(self, order: Order) -> Decision:
        """Ask every rule about one order, a turn for each."""
        return conclude([self._ask(rule.name, order) for rule in self._rules])

    def decide_all(self, orders: Sequence[Order]) -> list[Decision]:
        """Ask every rule about every order in one turn: quick, and one endless loop costs them all.

        Raises what `Session.call` raises.
        """
        names = [rule.name for rule in self._rules]
        rows = self._session.call("__each", names, list(orders))
        return [conclude([_read(*each) for each in zip(names, row, strict=True)]) for row in rows]

    def _ask(self, name: str, order: Order) -> Verdict:
        answer = self._callbacks[name](order)
        return answer if isinstance(answer, Verdict) else read_answer(name, answer)

    def _explain(self, name: str, error: Exception) -> Verdict:
        """Tell why there is no answer; put the rules back where the interpreter was lost."""
        if not self._session.history[-1].names_kept:
            self.load()
        line = str(error).partition("\n")[0]
        return Verdict(rule=name, status="unclear", reason=f"{type(error).__name__}: {line}")


def _read(name: str, told: tuple[bool, Any]) -> Verdict:
    has_answer, answer = told
    if has_answer:
        return read_answer(name, answer)
    return Verdict(rule=name, status="unclear", reason=answer)
