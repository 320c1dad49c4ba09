"""What does a double answer to which call?"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

import msgspec

from holdfast.clock import seeded
from holdfast.errors import UsageError
from holdfast.model.turn import TurnStatus
from holdfast.text.suggest import nearest

__all__ = ["After", "Answer", "Script", "Unscripted", "name_function"]

After = Literal["last", "again", "fail"]
_AFTER = frozenset({"last", "again", "fail"})
_ENDS = ("ok", "timeout", "crash", "incomplete")


class Unscripted(UsageError):
    """A double was asked what nothing scripts; it never makes an answer up."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What scripted code does.

    It takes `delay_s` (a limit below it is a timeout), writes, touches what `uses` names
    and assigns `names`; then it raises `error`, or has a value. Output before an error
    is a partial answer. A `status` of timeout, crash or incomplete is that end.
    """

    value: Any = None
    error: Any = None
    status: TurnStatus = "ok"
    delay_s: float = 0.0
    stdout: str = ""
    stderr: str = ""
    names: Mapping[str, Any] = {}
    uses: tuple[str, ...] = ()


class _Rule:
    """The answers to one call or pattern, and how many were given."""

    def __init__(
        self,
        answers: tuple[Any, ...],
        after: After,
        fail_on: Mapping[int, BaseException],
        jitter: Callable[[], float],
    ) -> None:
        self._answers = answers
        self._after = after
        self._fail_on = fail_on
        self._jitter = jitter
        self._lock = threading.Lock()
        self._given = 0

    def next(self, text: str) -> tuple[Answer, Callable[..., Any] | None]:
        """Return the answer whose turn it is, and the function that computes its value, if any."""
        with self._lock:
            self._given += 1
            n = self._given
            delay_s = self._jitter()
        if n in self._fail_on:
            return Answer(error=self._fail_on[n], delay_s=delay_s), None
        count = len(self._answers)
        if n > count and self._after == "fail":
            raise Unscripted(
                f"{text!r} must be called at most {count} times, got call {n}",
                hint='script more answers, or after="last" or after="again"',
            )
        at = min(n, count) - 1 if self._after == "last" else (n - 1) % count
        made = self._answers[at]
        if isinstance(made, Answer):
            return msgspec.structs.replace(made, delay_s=made.delay_s + delay_s), None
        if isinstance(made, BaseException):
            return Answer(error=made, delay_s=delay_s), None
        if callable(made):
            return Answer(delay_s=delay_s), made
        return Answer(value=made, delay_s=delay_s), None


class Script:
    """Answers by exact text, by pattern, or in sequence; one seed orders what is random.

    >>> script = Script()
    >>> script.on("6 * 7", 42)
    >>> script.find("6 * 7")[0].value
    42
    """

    def __init__(self, *, seed: int = 0) -> None:
        self._seed = seed
        self.clear()

    def on(
        self,
        when: Any,
        *answers: Any,
        after: After | None = None,
        fail_on: Mapping[int, BaseException] | None = None,
        shuffle: bool = False,
        jitter_s: float = 0.0,
    ) -> None:
        """Say what answers a text, a compiled pattern (as a whole) or a function.

        An answer is a value, an exception that the code raises, an `Answer`, or a function
        that computes the value (from the groups of a pattern). One is given again and
        again; of several each once, then `after` holds. `fail_on` has the calls, counted
        from 1, that raise. `shuffle` gives a sequence out of order; up to `jitter_s` of
        delay lets answers to concurrent calls overtake each other. Both follow the seed.

        Raises:
            UsageError: there is no answer, or an argument cannot mean anything.
        """
        key = _key_of(when)
        _check(key, answers, fail_on=fail_on, jitter_s=jitter_s, after=after)
        random = seeded(self._seed, str(key if isinstance(key, str) else key.pattern))
        given = list(answers)
        if shuffle:
            random.shuffle(given)
        chosen: After = after or ("last" if len(answers) == 1 else "fail")
        rule = _Rule(
            tuple(given),
            chosen,
            dict(fail_on or {}),
            lambda: random.uniform(0, jitter_s) if jitter_s else 0.0,
        )
        if isinstance(key, str):
            self._exact[key] = rule
        else:
            # The latest pattern that fits holds.
            self._patterns.insert(0, (key, rule))

    def has(self, text: str) -> bool:
        """Tell whether something answers a text."""
        return text in self._exact or any(key.fullmatch(text) for key, _ in self._patterns)

    def find(self, text: str, known: tuple[str, ...] = ()) -> tuple[Answer, Any]:
        """Return the answer to a text, and a function without arguments that computes its value.

        Raises:
            Unscripted: nothing answers it, or its answers are used up; `known` are other
                names to suggest.
        """
        rule = self._exact.get(text)
        groups: tuple[Any, ...] = ()
        if rule is None:
            for key, each in self._patterns:
                if found := key.fullmatch(text):
                    rule, groups = each, found.groups()
                    break
        if rule is None:
            raise self._unknown(text, known)
        answer, compute = rule.next(text)
        return answer, None if compute is None else lambda: compute(*groups)

    def clear(self) -> None:
        """Forget every answer."""
        self._exact: dict[str, _Rule] = {}
        self._patterns: list[tuple[re.Pattern[str], _Rule]] = []

    def _unknown(self, text: str, known: tuple[str, ...]) -> Unscripted:
        names = sorted({*self._exact, *(key.pattern for key, _ in self._patterns), *known})
        near = nearest(text, names)
        if near is not None:
            hint = f"the nearest scripted call is {near!r}"
        elif names:
            more = ", ..." if len(names) > 5 else ""
            hint = f"scripted are {', '.join(map(repr, names[:5]))}{more}"
        else:
            hint = "nothing is scripted: use `script`"
        return Unscripted(f"a call must be scripted, got {text!r}", hint=hint)


def name_function(function: Any) -> str:
    """Return the text under which a function is scripted.

    Raises:
        UsageError: it is none.
    """
    if not callable(function):
        raise UsageError(
            f"what is scripted must be a text, a compiled pattern or a function, got {function!r}"
        )
    inner: Any = function
    while hasattr(inner, "func"):
        inner = inner.func
    module = getattr(inner, "__module__", "") or ""
    return f"{module}:{getattr(inner, '__qualname__', type(inner).__qualname__)}"


def _key_of(when: Any) -> Any:
    is_text = isinstance(when, (str, re.Pattern))
    return cast("Any", when) if is_text else name_function(when)


def _check(
    key: Any,
    answers: tuple[Any, ...],
    *,
    fail_on: Mapping[int, Any] | None,
    jitter_s: float,
    after: Any,
) -> None:
    if not answers:
        raise UsageError(f"a scripted call must have an answer, got none for {key!r}")
    if after not in {None, *_AFTER}:
        raise UsageError(f"after must be again, fail or last, got {after!r}")
    if not 0 <= jitter_s < float("inf"):
        raise UsageError(f"jitter_s must be a number of seconds of at least 0, got {jitter_s!r}")
    for n, error in (fail_on or {}).items():
        if cast("Any", type(n)) is not int or n < 1 or not isinstance(error, BaseException):
            raise UsageError(
                f"fail_on must map numbers from 1 to exceptions, got {{{n!r}: {error!r}}}"
            )
    for each in answers:
        if isinstance(each, Answer):
            _check_answer(each)
        elif isinstance(each, type) and issubclass(each, BaseException):
            raise UsageError(
                f"an answer that is raised must be an exception, got the class {each.__name__}",
                hint=f"{each.__name__}(...)",
            )


def _check_answer(answer: Answer) -> None:
    if not 0 <= answer.delay_s < float("inf"):
        raise UsageError(f"delay_s must be a number of seconds of at least 0, got {answer!r}")
    if answer.error is not None and not isinstance(answer.error, BaseException):
        raise UsageError(
            f"the error of an answer must be an exception, got {answer.error!r}",
            hint=f"RuntimeError({answer.error!r})",
        )
    is_error = answer.status == "error" and answer.error is not None
    if answer.status not in _ENDS and not is_error:
        raise UsageError(
            f"the status of an answer must be {', '.join(_ENDS)}, got {answer.status!r}",
            hint="what raises has an `error`",
        )
