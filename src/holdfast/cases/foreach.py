"""Which cases does one authored case with `foreach` stand for?"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import msgspec

from holdfast.cases.document import Fault, Place
from holdfast.cases.validate import shown

__all__ = ["Variant", "fill", "read_matrix", "variants"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_TOKEN = re.compile(
    r"\{\{|\}\}|\{(?P<name>[A-Za-z_][A-Za-z0-9_-]*)(?P<steps>(?:\.[A-Za-z0-9_][A-Za-z0-9_-]*)*)\}"
)
# More cases than this come from a slip in a matrix, not from a plan.
_MOST = 100_000
_LONGEST = 60

Axis = list[dict[str, Any]]


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One combination: what is put behind the id, the values, and the case filled in."""

    suffix: str
    matrix: dict[str, Any]
    raw: dict[str, Any]


def read_matrix(
    authored: Any, place: Place, faults: list[Fault], *, read_rows: Callable[[str], Any]
) -> list[Axis]:
    """Read `foreach: {name: [values], file: PATH}`; the rows of a file make one axis.

    `read_rows` returns the plain data of a file, or a text that says why it cannot.
    """
    if not isinstance(authored, dict) or not authored:
        message = f"'foreach' must be an object with a list for each name, got {shown(authored)}"
        faults.append(Fault(place, message))
        return []
    axes: list[Axis] = []
    for name, values in cast("dict[str, Any]", authored).items():
        at = (*place, name)
        is_file = name == "file" and isinstance(values, str)
        rows: Any = read_rows(values) if is_file else values
        problem = _wrong_with(name, rows, is_file=is_file)
        if problem:
            faults.append(Fault(at, problem))
        elif is_file:
            axes.append(rows)
        else:
            axes.append([{name: value} for value in rows])
    if math.prod(map(len, axes)) > _MOST:
        count = math.prod(map(len, axes))
        faults.append(Fault(place, f"'foreach' must make at most {_MOST:,} cases, got {count:,}"))
        return []
    return axes


def variants(raw: Mapping[str, Any], axes: list[Axis]) -> Iterator[Variant]:
    """Give every combination in the order of the file, the last name changing fastest."""
    rest = {key: value for key, value in raw.items() if key not in {"foreach", "id"}}
    for combination in itertools.product(*(list(enumerate(axis)) for axis in axes)):
        matrix: dict[str, Any] = {}
        parts: list[str] = []
        for index, row in combination:
            matrix.update(row)
            parts.extend(f"{name}={_in_id(value, index)}" for name, value in row.items())
        filled = cast("dict[str, Any]", fill(rest, matrix))
        yield Variant(
            suffix=f"[{','.join(parts)}]", matrix=matrix, raw={"id": raw.get("id"), **filled}
        )


def fill(value: Any, values: Mapping[str, Any]) -> Any:
    """Fill in the templates that name one of `values`; every other one is left as it is.

    >>> fill("{n} of {total}", {"n": 2})
    '2 of {total}'
    """
    if isinstance(value, str):
        return _fill_text(value, values) if "{" in value else value
    if isinstance(value, dict):
        return {key: fill(item, values) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [fill(item, values) for item in cast("list[Any]", value)]
    return value


def _fill_text(text: str, values: Mapping[str, Any]) -> Any:
    whole = _TOKEN.fullmatch(text)
    if whole and whole["name"] in values:
        found, value = _look_up(whole, values)
        return value if found else text

    def put(match: re.Match[str]) -> str:
        if match["name"] not in values:
            return match[0]
        found, value = _look_up(match, values)
        if not found:
            return match[0]
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    return _TOKEN.sub(put, text)


def _look_up(match: re.Match[str], values: Mapping[str, Any]) -> tuple[bool, Any]:
    value: Any = values[match["name"]]
    for step in match["steps"].split(".")[1:]:
        if isinstance(value, dict) and step in value:
            value = cast("dict[str, Any]", value)[step]
        elif (
            isinstance(value, list) and step.isdigit() and int(step) < len(cast("list[Any]", value))
        ):
            value = cast("list[Any]", value)[int(step)]
        else:
            return False, None
    return True, value


def _wrong_with(name: str, rows: Any, *, is_file: bool) -> str:
    if isinstance(rows, str):
        return rows if is_file else f"{name!r} must be a list of values, got {shown(rows)}"
    if not isinstance(rows, list):
        return f"{name!r} must be a list of values, got {shown(rows)}"
    items = cast("list[Any]", rows)
    if not items:
        return f"{name!r} must have at least one value, got an empty list: it would make no case"
    names = [name]
    if is_file:
        odd: list[Any] = [each for each in items if not (isinstance(each, dict) and each)]
        if odd:
            return f"every row of the file must be an object, got {shown(odd[0])}"
        names = [key for row in items for key in row]
    bad = next(
        (each for each in names if not _NAME.fullmatch(each) or each in {"env", "file"}), None
    )
    if bad is not None:
        return f"a name of 'foreach' must be letters, digits, '_' and '-', got {bad!r}"
    texts = [json.dumps(item, sort_keys=True, default=repr) for item in items]
    twice = next((text for index, text in enumerate(texts) if text in texts[:index]), None)
    return f"the values of {name!r} must differ, got {twice} twice" if twice is not None else ""


def _in_id(value: Any, index: int) -> str:
    """Show a value in an id; what is no short line of text is shown by its number."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if isinstance(value, (dict, list)) or len(text) > _LONGEST or not text.isprintable():
        return f"#{index}"
    return text
