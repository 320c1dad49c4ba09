"""Which cases do the marked functions of a Python file stand for?

The file is imported elsewhere, in a process of its own; here is its answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from holdfast.cases.context import Context
from holdfast.cases.document import Fault
from holdfast.cases.normalise import Builder
from holdfast.cases.template_check import TemplateCheck
from holdfast.errors import Problem

__all__ = ["PythonSource", "build_python", "placed_by_line"]


class PythonSource(msgspec.Struct, frozen=True, kw_only=True):
    """A Python file and what was found in it.

    `functions` are `{"qualname", "options", "lane", "line", "doc"}`, options as given
    to `@holdfast.case`; with `problem` and `hint` where one cannot be run. `error` says why the file cannot be imported. `suite` is the
    suite's name, else the file's stem.
    """

    path: str
    functions: Sequence[Mapping[str, Any]] = ()
    error: str = ""
    suite: str = ""


def build_python(context: Context, source: PythonSource, *, shown: str, base: Path) -> Builder:
    """Build the cases; `shown` is the path in messages, ids and targets.

    The id is `module:qualname`, the module being the path with dots. `completes` is
    implied unless `raises` is named; where nothing else judges the value, False is no pass. `after` may name a function of the same file.
    Values of `foreach` become arguments unless `with_` is given.
    """
    builder = Builder(
        context,
        path=shown,
        base=str(base),
        templates=TemplateCheck(base=base, env=context.env, parse=lambda _: ""),
        read_rows=lambda _: "'file' must stand in a case file, give the values themselves",
    )
    builder.open_suite({}, default_name=source.suite or Path(source.path).stem)
    if source.error:
        lines = source.error.strip().splitlines()
        message = f"the file must be importable, got {lines[0]}"
        builder.faults.append(Fault((), message, lines[-1].strip() if len(lines) > 1 else ""))
    elif not source.functions:
        hint = "write @holdfast.case above a function"
        builder.faults.append(Fault((), "the file must have a marked function, got none", hint))
    module = shown.removesuffix(".py").replace("/", ".")
    own = {str(function["qualname"]) for function in source.functions}
    for index, function in enumerate(source.functions):
        line = int(function.get("line") or 0)
        builder.lines.append(line)
        if "problem" in function:
            builder.faults.append(
                Fault(("cases", index), str(function["problem"]), str(function["hint"]))
            )
            continue
        builder.add(_raw(function, module, shown, own), line, ("cases", index))
    return builder


def placed_by_line(path: str, faults: Sequence[Fault], lines: Sequence[int]) -> list[Problem]:
    """Turn faults into problems that stand at the line of their function."""
    problems: list[Problem] = []
    for fault in faults:
        index = fault.place[1] if len(fault.place) > 1 else None
        line = lines[index] if isinstance(index, int) and index < len(lines) else 0
        problems.append(Problem(path, line, 0, fault.message, fault.hint))
    return problems


def _raw(function: Mapping[str, Any], module: str, shown: str, own: set[str]) -> dict[str, Any]:
    """Write a marked function as a case file would."""
    qualname = str(function["qualname"])
    options = dict(cast("Mapping[str, Any]", function["options"]))
    doc = str(function.get("doc") or "").strip()
    raw: dict[str, Any] = {
        "id": f"{module}:{qualname}",
        "python": f"{shown}:{qualname}",
        **({"description": doc.splitlines()[0]} if doc else {}),
        **options,
    }
    expect = options.get("expect", [])
    if expect in ([], ()):
        raw["expect"] = [{"completes": "alone"}]
    elif isinstance(expect, (list, tuple)) and not _names(cast("list[Any]", expect), "raises"):
        raw["expect"] = ["completes", *cast("list[Any]", expect)]
    after = options.get("after")
    if isinstance(after, (list, tuple)):
        names = cast("list[Any]", after)
        raw["after"] = [f"{module}:{name}" if name in own else name for name in names]
    foreach = options.get("foreach")
    if isinstance(foreach, dict) and "with" not in options:
        raw["with"] = {name: f"{{{name}}}" for name in cast("dict[str, Any]", foreach)}
    return raw


def _names(expect: Any, wanted: str) -> bool:
    """Tell whether an expectation is named anywhere."""
    if isinstance(expect, dict):
        items = cast("dict[str, Any]", expect).items()
        return any(key == wanted or _names(item, wanted) for key, item in items)
    if isinstance(expect, (list, tuple)):
        return any(_names(item, wanted) for item in cast("list[Any]", expect))
    return expect == wanted
