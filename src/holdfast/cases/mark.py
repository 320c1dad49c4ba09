"""How does a function say that it is a case?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast, overload

__all__ = ["MARK", "MARKED", "case"]

Function = TypeVar("Function", bound=Callable[..., Any])

# Where the options are kept on the function; read by whoever collects cases from a file.
MARK = "__holdfast_case__"
# Where a module keeps all that was marked in it: a name that is given twice would hide the first.
MARKED = "__holdfast_cases__"


@overload
def case(function: Function, /) -> Function: ...


@overload
def case(
    *,
    id: str = ...,
    name: str = ...,
    description: str = ...,
    tags: Sequence[str] = ...,
    priority: int = ...,
    after: Sequence[str] = ...,
    uses: Mapping[str, int] = ...,
    requires: Mapping[str, Any] = ...,
    timeout: str | float = ...,
    retries: int | Mapping[str, Any] = ...,
    skip: bool | str | Mapping[str, str] = ...,
    xfail: bool | str | Mapping[str, str] = ...,
    foreach: Mapping[str, Any] = ...,
    enabled: bool = ...,
    severity: str = ...,
    seed: int = ...,
    expect: Sequence[Any] = ...,
    with_: Mapping[str, Any] = ...,
) -> Callable[[Function], Function]: ...


def case(function: Any = None, /, **options: Any) -> Any:
    """Mark a function or coroutine function as a case; it is returned unchanged.

    The options are the keys of a case in a case file, `with_` being `with`. They are
    checked when the cases are loaded, together with everything else. Without `expect`,
    a function is held to `completes`: to end without an error. One that returns False
    then is undecided: it may have been meant as an answer, but nobody asserted it.

    >>> @case(tags=["fast"], timeout="5s")
    ... def adds_up() -> None:
    ...     assert 1 + 1 == 2
    >>> adds_up()
    """
    if function is None:

        def mark(marked: Any) -> Any:
            return _mark(marked, options)

        return mark
    if not callable(function):
        raise TypeError(f"@holdfast.case takes keyword arguments only, got {function!r}")
    return _mark(function, options)


def _mark(function: Any, options: dict[str, Any]) -> Any:
    if not callable(function) or not hasattr(function, "__qualname__"):
        raise TypeError(f"@holdfast.case must mark a function, got {function!r}")
    kept = {("with" if key == "with_" else key): value for key, value in options.items()}
    setattr(function, MARK, kept)
    module: Any = getattr(function, "__globals__", None)
    if isinstance(module, dict):
        cast("dict[str, list[Any]]", module).setdefault(MARKED, []).append(function)
    return function
