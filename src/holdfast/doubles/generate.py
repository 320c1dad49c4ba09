"""How does a function become one of the same signature that only answers?"""

from __future__ import annotations

import inspect
import itertools
from collections import deque
from collections.abc import Callable
from typing import Any, NoReturn

import anyio

from holdfast.clock import sleep_blocking
from holdfast.doubles.script import After, Answer, Script, Unscripted
from holdfast.doubles.standing import assume
from holdfast.doubles.types_of import check_of, fits, hints_of, show_type
from holdfast.errors import UsageError

__all__ = ["State", "generate"]

# Few enough that a million calls need no more memory than a hundred.
KEPT = 100
_KINDS = inspect.Parameter


class State:
    """What one generated function answers, and what it was called with."""

    def __init__(self, name: str, signature: inspect.Signature, standing: str) -> None:
        self.name = name
        self.signature = signature
        self.standing = standing
        self.is_async = False
        self.returns: Any = None
        self.returned = ""
        self.script = Script()
        # A constant answer is read without a call; None in `constant` means that there is none.
        self.constant: tuple[Any] | None = None
        # (number of the call, its arguments): the number is exact, whatever was dropped.
        self.log: deque[tuple[Any, ...]] = deque(maxlen=KEPT)
        self.numbers = itertools.count(1)

    def answer(self, arguments: tuple[Any, ...]) -> Any:
        """Return the value of this call as scripted, after its delay."""
        answer, compute = self._find(arguments)
        if answer.delay_s:
            sleep_blocking(answer.delay_s)
        return self._value(answer, compute)

    async def answer_async(self, arguments: tuple[Any, ...]) -> Any:
        """Return the value of this call as scripted; the delay is awaited."""
        answer, compute = self._find(arguments)
        if answer.delay_s:
            await anyio.sleep(answer.delay_s)
        return self._value(answer, compute)

    def _find(self, arguments: tuple[Any, ...]) -> tuple[Answer, Any]:
        if not self.script.has(self.name):
            raise Unscripted(
                f"a call of {self.name} must be scripted, got arguments {arguments!r}",
                hint=f"answers(double.{self.name}, value)",
            )
        return self.script.find(self.name)

    def _value(self, answer: Answer, compute: Any) -> Any:
        if answer.error is not None:
            raise answer.error
        if compute is None:
            return answer.value
        value = compute()
        self.check(value)
        return value

    def check(self, value: Any) -> None:
        """Refuse a value of another type than the annotation's."""
        if not fits(self.returns, value):
            raise TypeError(
                f"{self.name} must return {self.returned}, got {type(value).__name__} {value!r}"
            )

    def set_answers(self, answers: tuple[Any, ...], after: After | None) -> None:
        """Script the answers; each must fit the annotation."""
        for each in answers:
            value = each.value if isinstance(each, Answer) and each.error is None else each
            if isinstance(value, BaseException | Answer) or inspect.isroutine(value):
                continue
            self.check(value)
        self.script.on(self.name, *answers, after=after)
        only = answers[0] if len(answers) == 1 else None
        is_constant = len(answers) == 1 and not (
            isinstance(only, Answer | BaseException) or callable(only)
        )
        self.constant = (only,) if is_constant else None

    def clear(self) -> None:
        """Forget answers and calls."""
        self.script.clear()
        self.constant = (None,) if self.returns is type(None) else None
        self.log.clear()
        self.numbers = itertools.count(1)


def generate(name: str, function: Any, *, standing: str, drop_first: bool) -> Callable[..., Any]:
    """Compile a function with the signature of another: the interpreter itself checks arity and names.

    Raises:
        UsageError: the function tells no signature.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name} must tell its signature, it does not: {error}") from error
    parameters = list(signature.parameters.values())[1 if drop_first else 0 :]
    signature = signature.replace(parameters=parameters)
    state = State(name, signature, standing)
    hints = hints_of(inspect.unwrap(function))
    state.is_async = inspect.iscoroutinefunction(function)
    is_generator = inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)
    if "return" in hints and not is_generator:
        state.returns, state.returned = check_of(hints["return"]), show_type(hints["return"])
    state.clear()
    names: dict[str, Any] = {"_state": state, "_assume": assume, "_fits": fits}
    source = _source(state, parameters, hints, names)
    exec(compile(source, f"<double of {name}>", "exec"), names)  # noqa: S102 - names and numbers of a signature alone
    made: Any = names["_double"]
    made.__name__ = made.__qualname__ = name
    made.__doc__ = getattr(function, "__doc__", None)
    made.__signature__ = signature
    made.__holdfast__ = state
    return made


def _source(
    state: State, parameters: list[inspect.Parameter], hints: dict[str, Any], names: dict[str, Any]
) -> str:
    lines = [f"{'async ' if state.is_async else ''}def _double({_head(parameters, names)}):"]
    for n, each in enumerate(parameters):
        check = check_of(hints.get(each.name, Any))
        if each.name not in hints or check is None:
            continue
        names[f"_check{n}"] = check
        names[f"_refuse{n}"] = _refusal(state.name, each.name, hints[each.name])
        test = (
            f"isinstance({{}}, _check{n})"
            if isinstance(check, (type, tuple))
            else f"_check{n}({{}})"
        )
        if each.kind is _KINDS.VAR_POSITIONAL:
            lines.append(
                f" for _each in {each.name}:\n  {test.format('_each')} or _refuse{n}(_each)"
            )
            continue
        if each.kind is _KINDS.VAR_KEYWORD:
            lines.append(
                f" for _each in {each.name}.values():\n  {test.format('_each')} or _refuse{n}(_each)"
            )
            continue
        # A default is the author's own, of whatever type.
        default = f" or {each.name} is _default{n}" if each.default is not each.empty else ""
        lines.append(f" {test.format(each.name)}{default} or _refuse{n}({each.name})")
    given = "".join(f"{each.name}, " for each in parameters)
    if state.standing:
        lines.append(" _assume(_state.standing)")
    lines += [
        f" _state.log.append((next(_state.numbers), {given}))",
        " _constant = _state.constant",
        " if _constant is not None: return _constant[0]",
        f" return {'await _state.answer_async' if state.is_async else '_state.answer'}(({given}))",
    ]
    return "\n".join(lines)


def _head(parameters: list[inspect.Parameter], names: dict[str, Any]) -> str:
    """Return the parameters as source; defaults are names, so that they keep their identity."""
    parts: list[str] = []
    last: Any = None
    for n, each in enumerate(parameters):
        if last is _KINDS.POSITIONAL_ONLY and each.kind is not _KINDS.POSITIONAL_ONLY:
            parts.append("/")
        if each.kind is _KINDS.KEYWORD_ONLY and last not in {
            _KINDS.KEYWORD_ONLY,
            _KINDS.VAR_POSITIONAL,
        }:
            parts.append("*")
        star = {_KINDS.VAR_POSITIONAL: "*", _KINDS.VAR_KEYWORD: "**"}.get(each.kind, "")
        default = ""
        if each.default is not each.empty:
            names[f"_default{n}"] = each.default
            default = f"=_default{n}"
        parts.append(f"{star}{each.name}{default}")
        last = each.kind
    if last is _KINDS.POSITIONAL_ONLY:
        parts.append("/")
    return ", ".join(parts)


def _refusal(function: str, name: str, annotation: Any) -> Callable[[Any], NoReturn]:
    def refuse(value: Any) -> NoReturn:
        raise TypeError(
            f"{function}: {name} must be {show_type(annotation)}, "
            f"got {type(value).__name__} {value!r}"
        )

    return refuse
