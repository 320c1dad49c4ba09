"""How does a function become one of the same signature that only answers?"""

from __future__ import annotations

import inspect
import itertools
from collections import deque
from collections.abc import Callable
from typing import Any

import anyio

from holdfast.clock import sleep_blocking
from holdfast.doubles.head import exact_head, loose_head, misfit_of, misfit_test, refusal
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
        # (number of the call, its arguments): the number is exact, whatever was dropped. Both
        # stay what they are, so that the generated code need not look them up.
        self.log: deque[tuple[Any, ...]] = deque(maxlen=KEPT)
        self.numbers = itertools.count(1)
        self._forgotten = 0

    @property
    def count(self) -> int:
        """How many calls there were since the last `clear`."""
        # Of threads that call at once, the later one may be kept first.
        return max((each[0] for each in self.log), default=self._forgotten) - self._forgotten

    def answer(self, arguments: tuple[Any, ...]) -> Any:
        """Return the value of this call as scripted, after its delay."""
        answer, compute = self._find(arguments)
        if answer.delay_s:
            sleep_blocking(answer.delay_s)
        return self._value(answer, compute)

    async def answer_async(self, arguments: tuple[Any, ...]) -> Any:
        """Return the value of this call as scripted; the delay is awaited."""
        if self.constant is not None:
            return self.constant[0]
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
        self._forgotten = next(self.numbers)


class Awaited:
    """A function of a double that is awaited; a call that does not fit fails before it is.

    It looks like a coroutine function: `inspect.iscoroutinefunction` asks for a function's
    attributes and the flags of its code (until Python 3.12 there is no other mark).
    """

    def __init__(self, call: Callable[..., Any]) -> None:
        async def like() -> None:
            pass

        self._call = call
        self.__code__ = like.__code__
        self.__defaults__ = None
        self.__kwdefaults__ = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<double of async {getattr(self, '__name__', '')}>"


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
    made: Any = _compiled(state, parameters, hints)
    if state.is_async:
        made = Awaited(made)
    made.__name__ = made.__qualname__ = name
    made.__doc__ = getattr(function, "__doc__", None)
    made.__signature__ = signature
    made.__holdfast__ = state
    return made


def _compiled(
    state: State, parameters: list[inspect.Parameter], hints: dict[str, Any]
) -> Callable[..., Any]:
    names: dict[str, Any] = {
        "_double_state": state,
        "_double_assume": assume,
        "_double_isinstance": isinstance,
        "_double_number": state.numbers.__next__,
        "_double_keep": state.log.append,
        "_double_standing": state.standing,
    }
    source = _source(state, parameters, hints, names)
    exec(compile(source, f"<double of {state.name}>", "exec"), names)  # noqa: S102 - names and numbers of a signature alone
    exact = names["_double_exact"]
    exact.__name__ = exact.__qualname__ = state.name
    names["_double_misfit"] = misfit_of(exact, parameters)
    return names["_double"]


def _source(
    state: State, parameters: list[inspect.Parameter], hints: dict[str, Any], names: dict[str, Any]
) -> str:
    """Return two functions as source: one that answers, and one that only has the signature."""
    lines = [
        f"def _double_exact({exact_head(parameters)}): pass",
        f"def _double({loose_head(parameters, names)}):",
    ]
    if test := misfit_test(parameters):
        kinds = {each.kind for each in parameters}
        given = "".join(f"{each.name!r}: {each.name}, " for each in parameters)
        more = "()" if _KINDS.VAR_POSITIONAL in kinds else "_double_more"
        other = "{}" if _KINDS.VAR_KEYWORD in kinds else "_double_other"
        lines.append(f" if {test}: _double_misfit({{{given}}}, {more}, {other})")
    for n, each in enumerate(parameters):
        check = check_of(hints.get(each.name, Any))
        if each.name not in hints or check is None:
            continue
        names[f"_double_check{n}"] = check
        names[f"_double_refuse{n}"] = refusal(state.name, each.name, show_type(hints[each.name]))
        lines.append(_checked(n, each, is_class=isinstance(check, (type, tuple))))
    given = "".join(f"{each.name}, " for each in parameters)
    if state.standing:
        lines.append(" _double_assume(_double_standing)")
    lines.append(f" _double_keep((_double_number(), {given}))")
    if state.is_async:
        lines.append(f" return _double_state.answer_async(({given}))")
    else:
        lines += [
            " _double_constant = _double_state.constant",
            " if _double_constant is not None: return _double_constant[0]",
            f" return _double_state.answer(({given}))",
        ]
    return "\n".join(lines)


def _checked(n: int, each: inspect.Parameter, *, is_class: bool) -> str:
    """Return the source that holds an argument to its annotation."""
    test = f"_double_isinstance({{}}, _double_check{n})" if is_class else f"_double_check{n}({{}})"
    refuse = f"_double_refuse{n}({{}})"
    if each.kind in {_KINDS.VAR_POSITIONAL, _KINDS.VAR_KEYWORD}:
        values = f"{each.name}.values()" if each.kind is _KINDS.VAR_KEYWORD else each.name
        one = "_double_each"
        return f" for {one} in {values}:\n  {test.format(one)} or {refuse.format(one)}"
    # A default is the author's own, of whatever type.
    has_default = each.default is not each.empty
    default = f" or {each.name} is _double_default{n}" if has_default else ""
    return f" {test.format(each.name)}{default} or {refuse.format(each.name)}"
