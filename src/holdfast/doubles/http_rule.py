"""Which answer of a rule comes next, and how often was it given?"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Literal

from holdfast.clock import monotonic
from holdfast.doubles.http_exchange import Fault, HttpAnswer, HttpRequest
from holdfast.doubles.http_match import Wanted
from holdfast.errors import UsageError

__all__ = ["HttpRule", "Turn"]

After = Literal["last", "again", "fail"]
# Answers that wait for requests which never come are given after this time all the same.
_HELD_S = 10.0


class Turn:
    """Holds the answers to some concurrent requests until it is the turn of each."""

    def __init__(self, order: Sequence[int]) -> None:
        self._order = tuple(order)
        self._condition = threading.Condition()
        self.restart()

    def restart(self) -> None:
        """Begin with the first request again."""
        with self._condition:
            self._came = 0
            self._went = 0

    def come(self) -> int | None:
        """Count a request in and return its place in the order; None when all have come."""
        with self._condition:
            number = self._came
            self._came += 1
            self._condition.notify_all()
        return self._order.index(number) if number < len(self._order) else None

    def wait(self, place: int, closing: threading.Event) -> bool:
        """Wait until all have come and those before `place` went; False where that never is."""
        end = monotonic() + _HELD_S
        with self._condition:
            while self._came < len(self._order) or self._went != place:
                # In steps, because closing the stub must end this as well.
                self._condition.wait(0.05)
                if closing.is_set() or monotonic() > end:
                    return False
            return True

    def go(self) -> None:
        """Let the next one go."""
        with self._condition:
            self._went += 1
            self._condition.notify_all()


class HttpRule:
    """What a stub answers to requests of one kind; made by `HttpStub.on`.

    Its methods return the rule, so that they can be chained.
    """

    def __init__(self, number: int, wanted: Wanted) -> None:
        self.number = number
        self.wanted = wanted
        self.turn: Turn | None = None
        self._answers: tuple[HttpAnswer, ...] = ()
        self._after: After = "last"
        self._times: int | None = None
        self._lock = threading.Lock()
        self._count = 0

    def answers(
        self, status: int | HttpAnswer = 200, *, fault: Fault | None = None, **parts: Any
    ) -> HttpRule:
        """Answer always the same: a status with the parts of an `HttpAnswer`, or one made already.

        Raises:
            UsageError: the parts cannot mean an answer.
        """
        return self.answers_each([_make_answer(status, fault=fault, **parts)], after="last")

    def answers_each(
        self, answers: Sequence[HttpAnswer | int], *, after: After = "fail"
    ) -> HttpRule:
        """Answer the first request with the first of `answers`, and so on; a number is a status.

        Behind the last: `fail` (no such request must come), `last` (it stays) or `again`.

        Raises:
            UsageError: there is no answer, or `after` is no such word.
        """
        if after not in {"last", "again", "fail"}:
            raise UsageError(f"after must be again, fail or last, got {after!r}")
        made = tuple(_make_answer(each) for each in answers)
        if not made:
            raise UsageError(f"{self} must have at least one answer, got none")
        self._answers, self._after = made, after
        return self

    def times(self, n: int) -> HttpRule:
        """Expect exactly `n` requests: one more is unmatched, one less fails when the stub closes.

        Raises:
            UsageError: `n` is no number of requests.
        """
        if type(n) is not int or n < 0:
            raise UsageError(f"times must be a number of requests of at least 0, got {n!r}")
        self._times = n
        return self

    def in_order(self, *order: int) -> HttpRule:
        """Hold the first requests until all have come, then answer them in this order.

        `in_order(2, 1)`: the second request is answered before the first. Where they do
        not all come within 10 s, those held are not answered and closing the stub fails.

        Raises:
            UsageError: `order` does not name each of the requests 1 to n once.
        """
        if not order or sorted(order) != list(range(1, len(order) + 1)):
            raise UsageError(f"order must have each number from 1 on once, got {list(order)}")
        self.turn = Turn([each - 1 for each in order])
        return self

    @property
    def count(self) -> int:
        """How many requests this rule answered."""
        return self._count

    @property
    def limit(self) -> int | None:
        """How many requests it may answer, None: any number."""
        limits = [] if self._times is None else [self._times]
        if self._after == "fail":
            limits.append(len(self._answers))
        return min(limits, default=None)

    @property
    def has_answers(self) -> bool:
        """Whether anything was said about what it answers."""
        return bool(self._answers)

    def take(self) -> HttpAnswer | None:
        """Return the next answer and count it; None where all were given."""
        with self._lock:
            limit = self.limit
            if limit is not None and self._count >= limit:
                return None
            at = self._count
            self._count += 1
            if self._after == "again":
                return self._answers[at % len(self._answers)]
            return self._answers[min(at, len(self._answers) - 1)]

    def accepts(self, request: HttpRequest) -> bool:
        """Ask the predicate, if there is one."""
        return self.wanted.where is None or bool(self.wanted.where(request))

    def restart(self) -> None:
        """Forget what was answered; the next request gets the first answer."""
        with self._lock:
            self._count = 0
        if self.turn is not None:
            self.turn.restart()

    def problem(self) -> str | None:
        """Say what is missing of `times`."""
        if self._times is None or self._count == self._times:
            return None
        return f"{self} must be requested {self._times} times, got {self._count}"

    def __str__(self) -> str:
        return f"rule {self.number} '{self.wanted}'"


def _make_answer(status: HttpAnswer | int, **parts: Any) -> HttpAnswer:
    if not isinstance(status, HttpAnswer):
        return HttpAnswer(status=status, **_known(parts))
    if any(value is not None for value in parts.values()):
        raise UsageError("an answer that is made already must come alone, got more parts")
    return status


def _known(parts: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(parts) - set(HttpAnswer.__struct_fields__))
    if unknown:
        raise UsageError(
            f"an answer must have known parts, got {unknown[0]!r}",
            hint=f"these are known: {', '.join(sorted(HttpAnswer.__struct_fields__))}",
        )
    return parts
