"""Which functions of a Python file are marked as cases?"""

from __future__ import annotations

import inspect
from typing import Any, cast

from holdfast.execute import outcome
from holdfast.execute.reference import import_file, lane_of
from holdfast.execute.wire import Collected

__all__ = ["MARK", "collect_file"]

# The attribute that `@holdfast.case` leaves on a function.
MARK = "__holdfast_case__"


def collect_file(n: int, path: str) -> Collected:
    """Import a file and describe its marked functions in the order of their lines."""
    try:
        module = import_file(path)
    except BaseException as error:  # noqa: BLE001 - whatever the import raises is the answer
        facts = outcome.describe(error)
        return Collected(n, (), f"{facts.type}: {facts.message}\n{facts.traceback}")
    found: dict[str, dict[str, Any]] = {}
    owners: list[Any] = [module, *_classes_of(module)]
    for owner in owners:
        for value in cast("dict[str, Any]", vars(owner)).values():
            options = cast("Any", getattr(value, MARK, None))
            if type(options) is dict and getattr(value, "__module__", "") == module.__name__:
                found[value.__qualname__] = _describe(value, cast("dict[str, Any]", options))
    return Collected(n, tuple(sorted(found.values(), key=lambda function: function["line"])))


def _classes_of(module: Any) -> list[Any]:
    return [
        value
        for value in cast("dict[str, Any]", vars(module)).values()
        if inspect.isclass(value) and value.__module__ == module.__name__
    ]


def _describe(function: Any, options: dict[str, Any]) -> dict[str, Any]:
    inner = inspect.unwrap(function)
    code = getattr(inner, "__code__", None)
    return {
        "qualname": function.__qualname__,
        "options": options,
        "lane": lane_of(function),
        "line": code.co_firstlineno if code else 0,
        "doc": inspect.getdoc(function) or "",
    }
