"""How does a generated function take any call, and say of one that does not fit what is wrong with it?"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from holdfast.text.suggest import did_you_mean

__all__ = ["exact_head", "loose_head", "misfit_of", "misfit_test", "refusal"]

_KINDS = inspect.Parameter
_STARS = {_KINDS.VAR_POSITIONAL: "*", _KINDS.VAR_KEYWORD: "**"}
_BY_PLACE = {_KINDS.POSITIONAL_ONLY, _KINDS.POSITIONAL_OR_KEYWORD}
# What a required parameter holds in a call that leaves it out.
_LEFT_OUT: Any = object()
_SHOWN = 5


def exact_head(parameters: Sequence[inspect.Parameter]) -> str:
    """Return parameters as source; every default is None, since nothing of it is ever read.

    >>> def price(item, /, *, rate=1.0): ...
    >>> exact_head(list(inspect.signature(price).parameters.values()))
    'item, /, *, rate=None'
    """
    return _head(parameters, lambda n, each: "=None" if _is_optional(each) else "")


def loose_head(parameters: Sequence[inspect.Parameter], names: dict[str, Any]) -> str:
    """Return parameters as source of a function that takes any call.

    What was left out is seen by `misfit_test`. Defaults are names, so that they keep
    their identity; they are put into `names`.
    """
    names["_double_left_out"] = _LEFT_OUT

    def default(n: int, each: inspect.Parameter) -> str:
        if not _is_optional(each):
            return "=_double_left_out"
        names[f"_double_default{n}"] = each.default
        return f"=_double_default{n}"

    kinds = {each.kind for each in parameters}
    head = _head(parameters, default, more="_double_more")
    return head if _KINDS.VAR_KEYWORD in kinds else f"{head}, **_double_other"


def misfit_test(parameters: Sequence[inspect.Parameter]) -> str:
    """Return the source of a test for a call that does not fit, "" where every call fits."""
    kinds = {each.kind for each in parameters}
    tests = [
        *(["_double_more"] if _KINDS.VAR_POSITIONAL not in kinds else []),
        *(["_double_other"] if _KINDS.VAR_KEYWORD not in kinds else []),
        *(
            f"{each.name} is _double_left_out"
            for each in parameters
            if not _is_optional(each) and each.kind not in _STARS
        ),
    ]
    return " or ".join(tests)


def misfit_of(
    exact: Callable[..., Any], parameters: Sequence[inspect.Parameter]
) -> Callable[..., NoReturn]:
    """Return the function that raises what the interpreter says of a call that does not fit.

    `exact` has the real signature. An unexpected name is answered with the nearest valid one.
    """

    def refuse(given: Mapping[str, Any], more: Sequence[Any], other: Mapping[str, Any]) -> NoReturn:
        args: list[Any] = []
        named: dict[str, Any] = {}
        is_gap = False
        rest = next((given[each.name] for each in parameters if _STARS.get(each.kind) == "*"), more)
        for each in parameters:
            value = given[each.name]
            if each.kind is _KINDS.VAR_KEYWORD:
                other = value
            elif value is _LEFT_OUT or each.kind is _KINDS.VAR_POSITIONAL:
                # Behind a gap nothing was given by place; what is there are defaults.
                is_gap = True
            elif each.kind is _KINDS.POSITIONAL_ONLY or (rest and each.kind in _BY_PLACE):
                args += [] if is_gap else [value]
            elif value is not each.default:
                named[each.name] = value
        try:
            exact(*args, *rest, **named, **other)
        except TypeError as error:
            raise TypeError(f"{error}{_cure(str(error), parameters, other)}") from None
        raise AssertionError(f"a call must fit or not, got {given!r}, {more!r}, {other!r}")

    return refuse


def refusal(function: str, name: str, shown: str) -> Callable[[Any], NoReturn]:
    """Return the function that refuses an argument of another type."""

    def refuse(value: Any) -> NoReturn:
        raise TypeError(f"{function}: {name} must be {shown}, got {type(value).__name__} {value!r}")

    return refuse


def _cure(said: str, parameters: Sequence[inspect.Parameter], other: Mapping[str, Any]) -> str:
    """Name the parameter that was meant, where the interpreter (3.13 and later) does not."""
    wrong = next((name for name in other if repr(name) in said), None)
    if wrong is None or "unexpected keyword" not in said or "Did you mean" in said:
        return ""
    by_name = {_KINDS.POSITIONAL_OR_KEYWORD, _KINDS.KEYWORD_ONLY}
    valid = [each.name for each in parameters if each.kind in by_name]
    if near := did_you_mean(wrong, valid):
        return near
    more = ", ..." if len(valid) > _SHOWN else ""
    return f"; its names are {', '.join(valid[:_SHOWN])}{more}" if valid else "; it takes no names"


def _head(
    parameters: Sequence[inspect.Parameter],
    default: Callable[[int, inspect.Parameter], str],
    *,
    more: str = "",
) -> str:
    parts: list[str] = []
    last: Any = None
    # What ends the arguments that are given by place: `*`, `*more` or the function's own `*rest`.
    is_ended = False
    for n, each in enumerate(parameters):
        if last is _KINDS.POSITIONAL_ONLY and each.kind is not last:
            parts.append("/")
        if not is_ended and (
            each.kind is _KINDS.KEYWORD_ONLY or (more and each.kind is _KINDS.VAR_KEYWORD)
        ):
            parts.append(f"*{more}")
            is_ended = True
        star = _STARS.get(each.kind, "")
        parts.append(f"{star}{each.name}{'' if star else default(n, each)}")
        is_ended = is_ended or bool(star)
        last = each.kind
    if last is _KINDS.POSITIONAL_ONLY:
        parts.append("/")
    if more and not is_ended:
        parts.append(f"*{more}")
    return ", ".join(parts)


def _is_optional(each: inspect.Parameter) -> bool:
    return each.default is not each.empty
