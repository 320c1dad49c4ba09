"""What do a user's validators answer on a value?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from holdfast.clock import monotonic
from holdfast.model.evidence import Assessment
from holdfast.model.verdict import answer_of
from holdfast.ports import AssessorCall
from holdfast.process.reference import find

__all__ = ["assess", "is_awaitable"]


def is_awaitable(value: Any) -> bool:
    """Tell whether a value can be awaited, without running code of the value."""
    kind = cast("Any", type(value))
    return hasattr(kind, "__await__")


def assess(
    calls: tuple[AssessorCall, ...], value: Any, run: Callable[[Any], Any]
) -> tuple[Assessment, ...]:
    """Call validators on a value, one after another; what goes wrong with one is its answer."""
    answers: list[Assessment] = []
    for call in calls:
        start = monotonic()
        returned: Any = None
        failure: BaseException | None = None
        try:
            returned = find(call.ref)(value, **(call.params or {}))
            if is_awaitable(returned):
                returned = run(returned)
        except BaseException as error:  # noqa: BLE001 - a judge that crashes makes `undecided`, and says why
            failure = error
        answers.append(answer_of(returned, failure, key=call.key, duration_s=monotonic() - start))
    return tuple(answers)
