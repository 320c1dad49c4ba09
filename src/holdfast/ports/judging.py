"""What do expectations promise, and those who ask them?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import msgspec

from holdfast.model.call import AssessorCall
from holdfast.model.case import Expect, Surround
from holdfast.model.evidence import Evidence
from holdfast.model.finding import Finding

__all__ = ["BadParams", "CompileOne", "Compiled", "Expectation", "Judge", "JudgeOne", "Need"]

# How the evidence that an expectation wants is had: a validator that is asked about the live
# value, or something around the call (a driver that calls it, a probe that watches it).
Need = AssessorCall | Surround


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """An expectation whose parameters were checked and made ready (patterns compiled, limits parsed)."""

    name: str
    component: Any
    params: Any = None


class BadParams(ValueError):
    """Parameters of an expectation or a target that cannot mean anything.

    `path` leads from the parameters to the offending value; `hint` is the cure.
    """

    def __init__(self, message: str, *, path: Sequence[str | int] = (), hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.path = tuple(path)
        self.hint = hint


# Compile an authored expectation, `name` or `{name: parameters}`, nested in another one.
CompileOne = Callable[[Any], Compiled]
JudgeOne = Callable[[Compiled, Evidence], Finding]


class Expectation(Protocol):
    """What must be true of the value or of what was measured; pure.

    `requires` is the evidence that the target must produce: some of `value`,
    `status`, `headers`, `exit_code`, `stdout`, `stderr`, `duration`, `error`.
    """

    requires: frozenset[str]

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the authored parameters."""
        ...

    def compile(self, raw: Any, compile_one: CompileOne) -> Any:
        """Check authored parameters and return them ready for `judge`.

        Raises:
            BadParams: they cannot mean anything.
        """
        ...

    def nested(self, params: Any) -> Iterable[Compiled]:
        """Return the expectations inside compiled parameters."""
        ...

    def needs(self, params: Any) -> Iterable[Need]:
        """Return what it takes to have the evidence, nested expectations apart."""
        ...

    def judge(self, params: Any, evidence: Evidence, judge_one: JudgeOne) -> Finding:
        """Judge the evidence; what it cannot decide is `undecided` with the reason."""
        ...


# Judge a finished attempt or step: one finding per expectation, in their order.
Judge = Callable[[Sequence[Expect], Evidence], tuple[Finding, ...]]
