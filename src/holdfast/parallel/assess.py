"""Is a value what the serial loop, or another function, gives? Asked where the value lives.

The expectation `same_as` names these functions; workers call them, as they call a
user's validators.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, cast

from holdfast.model.finding import Finding, failed, passed, undecided
from holdfast.parallel.contest import IMPURE
from holdfast.parallel.facts import Mapped
from holdfast.parallel.failure import Failure
from holdfast.parallel.job import make_job
from holdfast.parallel.recheck import Seen, is_probed, settle, snapshot
from holdfast.parallel.same import compare
from holdfast.parallel.source import find_function, open_source, read_source
from holdfast.parallel.verdict import Equality

__all__ = ["all_equal", "finding_of", "no_failures", "same_as_other", "same_as_serial"]

SAMPLE = 10
MAP_ITEMS = "holdfast.parallel.task:map_items"


def same_as_serial(value: Any, *, mode: str = "full", tolerance: float | None = None) -> Finding:
    """Run a map's items serially and compare with its results, unless it did so itself.

    `mode="sample"` is content with ten of them.
    """
    equality: Any = getattr(value, "equality", None)
    items: Any = getattr(value, "items", None)
    if isinstance(equality, Equality):
        is_enough = mode == "sample" or equality.compared == items
        if is_enough or not equality:
            return finding_of(equality)
    if not isinstance(value, Mapped):
        return undecided(
            f"same_as: serial must be asked of a map, got {type(value).__name__}; "
            f"call {MAP_ITEMS}, or name the serial function: same_as: {{python: ...}}"
        )
    return finding_of(compare_with_serial(value, mode, tolerance))


def no_failures(value: Any) -> Finding:
    """Say which items of a map failed, where it went on to the end all the same."""
    found = [each for each in getattr(value, "results", ()) if isinstance(each, Failure)]
    if not found:
        return passed("no item failed")
    listed = "; ".join(str(each).partition("\n")[0] for each in found[:5])
    more = f"; and {len(found) - 5} more" if len(found) > 5 else ""
    return failed(f"{len(found)} of {value.items} items failed: {listed}{more}")


def all_equal(value: Any) -> Finding:
    """Say whether every strategy of a comparison gave what the serial loop gave."""
    wrong = [each for each in getattr(value, "entries", ()) if each.differs]
    if not wrong:
        return passed("every strategy gave what the serial loop gave")
    message = "; ".join(f"{each.name}: {each.differs}" for each in wrong[:5])
    if any(each.differs.startswith(IMPURE) for each in wrong):
        return undecided(message)
    return failed(message)


def compare_with_serial(
    mapped: Mapped, mode: str = "full", tolerance: float | None = None
) -> Equality:
    """Run items of a map again, serially, some of them twice, and compare."""
    func = find_function(mapped.func)
    job = make_job(
        func,
        list(open_source(read_source(mapped.source))),
        on_error="collect",
        seed=mapped.seed,
    )
    count = job.items.length or 0
    if count != len(mapped.results):
        detail = f"{count} items, but {len(mapped.results)} results"
        return Equality(status="differs", detail=detail)
    seen: list[Seen] = []
    step = 1 if mode == "full" else max(1, count // SAMPLE)
    for index in range(0, count, step):
        item = job.items.between(index, index + 1)[0]
        each = Seen(index=index, item=item, before=snapshot(item))
        each.run(job, is_probed(len(seen), -(-count // step)))
        verdict = each.judge(mapped.results[index], tolerance)
        if verdict is not None:
            return verdict
        seen.append(each)
    return settle(seen)


def finding_of(equality: Equality) -> Finding:
    """Turn a verdict into a finding; of an impure function nothing can be decided."""
    place = "" if equality.index is None else f" at item {equality.index}"
    message = f"{equality.status}{place}: {equality.detail}"
    if equality:
        return passed(message)
    if equality.status == "impure":
        return undecided(message)
    return failed(message, expected=equality.serial, observed=equality.parallel)


def same_as_other(
    value: Any,
    *,
    other: str,
    arguments: dict[str, Any] | None = None,
    tolerance: float | None = None,
) -> Finding | Awaitable[Finding]:
    """Call another function and compare; one that differs from itself decides nothing."""
    function = find_function(other)
    arguments = arguments or {}
    try:
        inspect.signature(function).bind(**arguments)
    except TypeError as error:
        return undecided(f"{other} must take the arguments of `with`: {error}")
    except ValueError:
        # A built-in that does not say what it takes: calling it will tell.
        return _ask(value, function, arguments, other=other, tolerance=tolerance)
    if inspect.iscoroutinefunction(function):
        return _ask_later(value, function, arguments, other=other, tolerance=tolerance)
    return _ask(value, function, arguments, other=other, tolerance=tolerance)


def _ask(
    value: Any, function: Callable[..., Any], arguments: Any, *, other: str, tolerance: float | None
) -> Finding:
    try:
        first = function(**arguments)
    except Exception as error:  # noqa: BLE001 - what it raises is its answer
        return _raised(other, error)
    return _judge(value, first, lambda: function(**arguments), other=other, tolerance=tolerance)


async def _ask_later(
    value: Any, function: Callable[..., Any], arguments: Any, *, other: str, tolerance: float | None
) -> Finding:
    try:
        first = await function(**arguments)
    except Exception as error:  # noqa: BLE001 - what it raises is its answer
        return _raised(other, error)
    found = _judge(value, first, None, other=other, tolerance=tolerance)
    if found.status == "failed":
        again = await function(**arguments)
        return _judge(value, first, lambda: again, other=other, tolerance=tolerance)
    return found


def _raised(other: str, error: Exception) -> Finding:
    return failed(f"the target gave a value, {other} raised {type(error).__name__}: {error}")


def _judge(
    value: Any,
    first: Any,
    again: Callable[[], Any] | None,
    *,
    other: str,
    tolerance: float | None,
) -> Finding:
    mine = value.results if isinstance(value, Mapped) and not isinstance(first, Mapped) else value
    found = compare(first, mine, tolerance=tolerance)
    if found == "equal":
        return passed(f"equal to the value of {other}")
    if found == "within":
        return passed(f"equal to the value of {other} within {tolerance:g}")
    if found == "incomparable":
        return undecided(f"values of type {type(mine).__name__} cannot be compared")
    if again is not None and compare(first, again()) in {"different", "within"}:
        return undecided(f"impure: {other} gave two different values when it was called twice")
    place, one, two = _first_difference(first, mine, "", tolerance)
    return failed(
        f"differs{f' at {place}' if place else ''}: {other} gave {_short(one)}, "
        f"the target gave {_short(two)}",
        expected=one,
        observed=two,
    )


def _first_difference(
    one: Any, two: Any, place: str, tolerance: float | None
) -> tuple[str, Any, Any]:
    """Go down to the first part that differs."""
    for where, a, b in _parts(one, two):
        if compare(a, b, tolerance=tolerance) not in {"equal", "within"}:
            inner = place + where
            return (inner, a, b) if len(inner) > 500 else _first_difference(a, b, inner, tolerance)
    return place, one, two


def _parts(one: Any, two: Any) -> list[tuple[str, Any, Any]]:
    """Return the parts of two containers of the same shape, with their places."""
    if type(one) is not type(two) or not isinstance(one, list | tuple | dict):
        return []
    first, second = cast("Any", (one, two))
    if len(first) != len(second):
        return []
    if isinstance(one, dict):
        return [(f"[{key!r}]", first[key], second[key]) for key in first if key in second]
    return [(f"[{n}]", a, b) for n, (a, b) in enumerate(zip(first, second, strict=True))]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
