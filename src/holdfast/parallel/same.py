"""Are two values the same? By ==, knowing NaN and arrays; within a tolerance only if asked."""

from __future__ import annotations

import dataclasses
import math
import pickle
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

from holdfast.parallel.failure import Failure

__all__ = ["Likeness", "compare"]

Likeness = Literal["equal", "within", "different", "incomparable"]

# Deeper than any result that people compare by eye; a circle would not end otherwise.
DEEPEST = 100


def compare(one: Any, other: Any, *, tolerance: float | None = None, depth: int = 0) -> Likeness:
    """Compare two results, from the cheapest way to the dearest.

    Objects that know no equality but identity are compared by their pickled state; one
    without any state (a sentinel) is equal to nothing but itself.

    >>> compare([1, float("nan")], [1, float("nan")])
    'equal'
    """
    if one is other:
        return "equal"
    if depth > DEEPEST:
        return _compare_pickled(one, other)
    if isinstance(one, Failure | BaseException) and isinstance(other, Failure | BaseException):
        return _compare_errors(one, other, tolerance, depth)
    if isinstance(one, float | complex) and isinstance(other, float | complex):
        return _compare_numbers(one, other, tolerance)
    if _is_array(one) or _is_array(other):
        return _compare_arrays(one, other, tolerance)
    if tolerance is not None and isinstance(one, int) is not isinstance(other, int):
        one, other = _as_floats(one, other)
        if isinstance(one, float) and isinstance(other, float):
            return _compare_numbers(one, other, tolerance)
    pairs = _pairs(one, other)
    if pairs is not None:
        return _worst([compare(a, b, tolerance=tolerance, depth=depth + 1) for a, b in pairs])
    if type(one) is not type(other) and not _are_numbers(one, other):
        return "different"
    return _compare_by_equality(one, other)


def _compare_by_equality(one: Any, other: Any) -> Likeness:
    if type(one).__eq__ is object.__eq__:
        return _compare_pickled(one, other)
    try:
        is_equal = bool(one == other)
    except Exception:  # noqa: BLE001 - an == of the user's that raises or gives no truth
        return _compare_pickled(one, other)
    return "equal" if is_equal else "different"


def _pairs(one: Any, other: Any) -> list[tuple[Any, Any]] | None:
    """Return what to compare in place of two containers; a lone None for different shapes."""
    if type(one) is not type(other):
        return None
    if isinstance(one, list | tuple):
        first, second = cast("list[Any]", one), cast("list[Any]", other)
        return list(zip(first, second, strict=True)) if len(first) == len(second) else [(0, 1)]
    if type(one) is dict:
        first_map, second_map = cast("Mapping[Any, Any]", one), cast("Mapping[Any, Any]", other)
        if first_map.keys() != second_map.keys():
            return [(0, 1)]
        return [(first_map[key], second_map[key]) for key in first_map]
    if dataclasses.is_dataclass(one) and not isinstance(one, type) and _has_own_eq(one):
        return [(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one)]
    return None


def _has_own_eq(value: Any) -> bool:
    """Say whether a dataclass compares its fields, as its decorator made it."""
    parameters = getattr(value, "__dataclass_params__", None)
    return parameters is not None and parameters.eq


def _compare_errors(one: Any, other: Any, tolerance: float | None, depth: int) -> Likeness:
    first = one.error if isinstance(one, Failure) else one
    second = other.error if isinstance(other, Failure) else other
    if type(first) is not type(second):
        return "different"
    found = compare(first.args, second.args, tolerance=tolerance, depth=depth + 1)
    # An argument that lost its identity on the way still has the same text.
    return "equal" if found != "within" and str(first) == str(second) else found


def _compare_numbers(one: Any, other: Any, tolerance: float | None) -> Likeness:
    if one == other:
        return "equal"
    if isinstance(one, complex) or isinstance(other, complex):
        one, other = complex(one), complex(other)
        parts = ((one.real, other.real), (one.imag, other.imag))
        return _worst([_compare_numbers(a, b, tolerance) for a, b in parts])
    if math.isnan(one) and math.isnan(other):
        return "equal"
    is_near = tolerance is not None and math.isclose(
        one, other, rel_tol=tolerance, abs_tol=tolerance
    )
    return "within" if is_near else "different"


def _as_floats(one: Any, other: Any) -> tuple[Any, Any]:
    """Make floats of a whole number and a float; one too large for that stays as it is."""
    try:
        return (float(one), float(other)) if _are_numbers(one, other) else (one, other)
    except OverflowError:
        return one, other


def _compare_arrays(one: Any, other: Any, tolerance: float | None) -> Likeness:
    numpy: Any = sys.modules["numpy"]
    if type(one) is not type(other) or one.shape != other.shape or one.dtype != other.dtype:
        return "different"
    if one.dtype.hasobject:
        return _worst(
            [compare(a, b, tolerance=tolerance) for a, b in zip(one.flat, other.flat, strict=True)]
        )
    can_be_nan = one.dtype.kind in "fcmM"
    if bool(numpy.array_equal(one, other, equal_nan=can_be_nan)):
        return "equal"
    is_near = tolerance is not None and one.dtype.kind in "fc"
    if is_near and numpy.allclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True):
        return "within"
    return "different"


def _compare_pickled(one: Any, other: Any) -> Likeness:
    if type(one) is not type(other):
        return "different"
    try:
        first, second = pickle.dumps(one), pickle.dumps(other)
    except Exception:  # noqa: BLE001 - a generator, a lock: nothing to compare by
        return "incomparable"
    # Without state there is only identity, and that is lost.
    if not _has_state(one):
        return "different"
    return "equal" if first == second else "different"


def _has_state(value: Any) -> bool:
    try:
        reduced = value.__reduce_ex__(2)
    except Exception:  # noqa: BLE001 - as above
        return False
    if isinstance(reduced, str):
        return False
    state = cast("tuple[Any, ...]", reduced)
    return len(state[1]) > 1 or any(part is not None for part in state[2:])


def _is_array(value: Any) -> bool:
    """Say whether numpy compares a value; its own numbers are arrays of no dimension."""
    numpy: Any = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray | numpy.generic)


def _are_numbers(one: Any, other: Any) -> bool:
    return isinstance(one, int | float) and isinstance(other, int | float)


def _worst(found: Sequence[Likeness]) -> Likeness:
    ranked: tuple[Likeness, ...] = ("incomparable", "different", "within")
    for each in ranked:
        if each in found:
            return each
    return "equal"
