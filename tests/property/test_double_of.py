"""Does a generated double take exactly the calls that the real function takes, whatever its signature?"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from holdfast.doubles import answers, calls, double_of

NAMES = tuple("abcdef")
KINDS = inspect.Parameter


@st.composite
def functions(draw: st.DrawFn) -> Callable[..., Any]:
    """Return a function of a drawn signature that returns what it was given."""
    kinds = sorted(
        draw(
            st.lists(
                st.sampled_from(
                    [KINDS.POSITIONAL_ONLY, KINDS.POSITIONAL_OR_KEYWORD, KINDS.KEYWORD_ONLY]
                ),
                max_size=4,
            )
        )
    )
    parameters: list[inspect.Parameter] = []
    has_default = False
    for name, kind in zip(NAMES, kinds, strict=False):
        is_named = kind is KINDS.KEYWORD_ONLY
        # A parameter without a default cannot stand behind one with it, unless it goes by name.
        has_default = draw(st.booleans()) or (has_default and not is_named)
        default = f"default {name}" if has_default else KINDS.empty
        parameters.append(KINDS(name, kind, default=default))
    if draw(st.booleans()):
        behind = [each for each in parameters if each.kind is not KINDS.KEYWORD_ONLY]
        parameters.insert(len(behind), KINDS("rest", KINDS.VAR_POSITIONAL))
    if draw(st.booleans()):
        parameters.append(KINDS("more", KINDS.VAR_KEYWORD))

    space: dict[str, Any] = {}
    got = "".join(f"{each.name}, " for each in parameters)
    exec(f"def function{inspect.Signature(parameters)}: return ({got})", space)
    return space["function"]


@given(
    functions(),
    st.lists(st.integers(), max_size=5),
    st.dictionaries(st.sampled_from([*NAMES, "rest", "more", "other"]), st.integers(), max_size=4),
)
def test_a_double_takes_a_call_if_the_real_function_does(
    function: Callable[..., Any], args: list[int], kwargs: dict[str, int]
) -> None:
    expected, refusal = called(function, args, kwargs)
    double: Any = double_of(function)
    answers(double, 7)
    answer, told = called(double, args, kwargs)
    assert calls(double) == ([] if refusal else [expected])
    assert answer == (None if refusal else 7)
    # The words of the interpreter, and behind them the name that was meant. Of two mistakes it
    # may name the other one first.
    assert told.startswith(refusal) or "got multiple values for argument" in told


def called(function: Any, args: list[int], kwargs: dict[str, int]) -> tuple[Any, str]:
    """Return what a call returns, or how it is refused."""
    try:
        return function(*args, **kwargs), ""
    except TypeError as error:
        return None, str(error)
