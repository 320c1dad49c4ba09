"""Which functions of a Python file are marked as cases?"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, cast

from holdfast.execute import outcome
from holdfast.execute.wire import Collected
from holdfast.process.reference import import_file, lane_of

__all__ = ["MARK", "MARKED", "collect_file"]

# What `@holdfast.case` leaves on a function, and the list of all that it marked in a module.
MARK = "__holdfast_case__"
MARKED = "__holdfast_cases__"


def collect_file(n: int, path: str) -> Collected:
    """Import a file and describe its marked functions in the order of their lines.

    One that was marked, but that no name leads to any more, is described with a `problem`.
    """
    try:
        module = import_file(path)
    except BaseException as error:  # noqa: BLE001 - whatever the import raises is the answer
        facts = outcome.describe(error)
        return Collected(n, (), f"{facts.type}: {facts.message}\n{facts.traceback}")
    found: dict[str, dict[str, Any]] = {}
    seen: set[int] = set()
    owners: list[Any] = [module, *_classes_of(module, module.__name__)]
    for owner in owners:
        for kept in cast("dict[str, Any]", vars(owner)).values():
            is_wrapped = isinstance(kept, staticmethod | classmethod)
            value: Any = cast("Any", kept).__func__ if is_wrapped else kept
            options = cast("Any", getattr(value, MARK, None))
            if type(options) is dict and getattr(value, "__module__", "") == module.__name__:
                found[value.__qualname__] = _describe(value, cast("dict[str, Any]", options))
                seen |= _ids_of(value)
    functions = [*found.values(), *_hidden(module, found, seen)]
    return Collected(n, tuple(sorted(functions, key=lambda function: function["line"])))


def _ids_of(function: Any) -> set[int]:
    """Return who a function is, with all that it wraps."""
    ids = {id(function)}
    while (function := getattr(function, "__wrapped__", None)) is not None:
        ids.add(id(function))
    return ids


def _hidden(module: Any, found: dict[str, dict[str, Any]], seen: set[int]) -> list[dict[str, Any]]:
    """Describe what was marked and would never run, since no name leads to it."""
    hidden: list[dict[str, Any]] = []
    marked = {id(function): function for function in getattr(module, MARKED, ())}
    for function in marked.values():
        if id(function) in seen or function.__module__ != module.__name__:
            continue
        facts = _describe(function, getattr(function, MARK))
        name, line = facts["qualname"], facts["line"]
        if name in found:
            other = found[name]["line"]
            facts["line"], first = max(line, other), min(line, other)
            facts["problem"] = (
                f"a case must have a name of its own in its file, got {name!r} in line {first} too"
            )
            facts["hint"] = "give one of them another name: the first would never run"
        else:
            facts["problem"] = f"no name leads to the marked function {name!r}: it would never run"
            facts["hint"] = "keep it under its name, at the top level of the file or of a class"
        hidden.append(facts)
    return hidden


def _classes_of(owner: Any, module: str) -> Iterator[Any]:
    """Find the classes that a module defines, those inside others included."""
    prefix = f"{owner.__qualname__}." if inspect.isclass(owner) else ""
    for name, value in cast("dict[str, Any]", vars(owner)).items():
        is_own = inspect.isclass(value) and value.__module__ == module
        if is_own and value.__qualname__ == f"{prefix}{name}":
            yield value
            yield from _classes_of(value, module)


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
