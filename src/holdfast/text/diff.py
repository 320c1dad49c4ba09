"""Where do two JSON-like values differ, in a few lines that a person can read?"""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterator
from itertools import islice
from typing import cast

__all__ = ["diff_values", "equal_values"]

_SHOWN = 5
# Counted no further: 'and 1,000 or more' says as much as the exact number.
_COUNTED = 1000
_VALUE_WIDTH = 80
_LINE_WIDTH = 160
# difflib compares in quadratic time at least; beyond these lines nobody reads on.
_LINES_COMPARED = 200
_LINES_SHOWN = 30
_CONTEXT = 3
# A large value is not written out in full only to be cut.
_SHORT = reprlib.Repr()
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = 10
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = _VALUE_WIDTH


def equal_values(expected: object, observed: object) -> bool:
    """Say whether two JSON-like values are equal: true is not 1, but 1 is 1.0.

    >>> equal_values({"n": 1}, {"n": 1.0}), equal_values([True], [1])
    (True, False)
    """
    return next(_differences(expected, observed, "$"), None) is None


def diff_values(expected: object, observed: object) -> str:
    """Describe the first five differences, each with its path; empty where values are equal.

    Equality is that of `equal_values`. Texts of several lines become a unified diff (`-`
    expected, `+` observed); long values are cut.

    >>> diff_values({"a": [1, 2]}, {"a": [1, 3]})
    '$.a[1]: expected 2, got 3'
    """
    found = list(islice(_differences(expected, observed, "$"), _COUNTED))
    lines = found[:_SHOWN]
    rest = len(found) - len(lines)
    if rest:
        lines.append(
            f"and {rest:,}{' or more' if len(found) == _COUNTED else ''} other differences"
        )
    return "\n".join(lines)


def _differences(expected: object, observed: object, path: str) -> Iterator[str]:
    dicts = _as_dict(expected), _as_dict(observed)
    lists = _as_list(expected), _as_list(observed)
    if dicts[0] is not None and dicts[1] is not None:
        yield from _in_dicts(dicts[0], dicts[1], path)
    elif lists[0] is not None and lists[1] is not None:
        yield from _in_lists(lists[0], lists[1], path)
    elif not _equal_scalars(expected, observed):
        yield _scalar(expected, observed, path)


def _as_dict(value: object) -> dict[object, object] | None:
    return cast("dict[object, object]", value) if isinstance(value, dict) else None


def _as_list(value: object) -> list[object] | None:
    return cast("list[object]", value) if isinstance(value, list | tuple) else None


def _in_dicts(
    expected: dict[object, object], observed: dict[object, object], path: str
) -> Iterator[str]:
    for key, value in expected.items():
        here = f"{path}{_step(key)}"
        if key in observed:
            yield from _differences(value, observed[key], here)
        else:
            yield f"{here}: expected {_show(value)}, got nothing"
    for key, value in observed.items():
        if key not in expected:
            yield f"{path}{_step(key)}: expected nothing, got {_show(value)}"


def _in_lists(expected: list[object], observed: list[object], path: str) -> Iterator[str]:
    if len(expected) != len(observed):
        yield f"{path}: expected {len(expected):,} items, got {len(observed):,}"
    for index, (wanted, got) in enumerate(zip(expected, observed, strict=False)):
        yield from _differences(wanted, got, f"{path}[{index}]")
    common = min(len(expected), len(observed))
    for index, value in enumerate(expected[common:], common):
        yield f"{path}[{index}]: expected {_show(value)}, got nothing"
    for index, value in enumerate(observed[common:], common):
        yield f"{path}[{index}]: expected nothing, got {_show(value)}"


def _equal_scalars(expected: object, observed: object) -> bool:
    if isinstance(expected, bool) or isinstance(observed, bool):
        return expected is observed
    if isinstance(expected, int | float) and isinstance(observed, int | float):
        return expected == observed
    return type(expected) is type(observed) and expected == observed


def _scalar(expected: object, observed: object, path: str) -> str:
    if isinstance(expected, str) and isinstance(observed, str):
        if "\n" in expected or "\n" in observed:
            return f"{path}: texts differ\n{_unified(expected, observed)}"
        start = _first_difference(expected, observed)
        if start > _VALUE_WIDTH // 2:
            skip = start - _VALUE_WIDTH // 4
            shown = f"expected ...{_show(expected[skip:])}, got ...{_show(observed[skip:])}"
            return f"{path}: {shown} (from character {skip:,})"
    return f"{path}: expected {_show(expected)}, got {_show(observed)}"


def _first_difference(expected: str, observed: str) -> int:
    pairs = enumerate(zip(expected, observed, strict=False))
    shorter = min(len(expected), len(observed))
    return next((index for index, (one, other) in pairs if one != other), shorter)


def _unified(expected: str, observed: str) -> str:
    before, after = _lines(expected), _lines(observed)
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    start = max(0, same - _CONTEXT)
    window = slice(start, start + _LINES_COMPARED)
    diff = islice(difflib.unified_diff(before[window], after[window], n=_CONTEXT), 2, None)
    lines = [_line(line) for line in diff if not line.startswith("@@ ")]
    if len(lines) > _LINES_SHOWN:
        lines = [*lines[:_LINES_SHOWN], f"  ... {len(lines) - _LINES_SHOWN:,} more lines"]
    return "\n".join([f"  from line {start + 1:,}:", *lines])


def _lines(text: str) -> list[str]:
    # Not splitlines: a line ends where a file's line ends, not at a form feed.
    *ended, last = text.split("\n")
    return [f"{line}\n" for line in ended] + ([last] if last else [])


def _line(line: str) -> str:
    text = line.removesuffix("\n")
    # A line that differs by its end alone must still look different.
    shown = text + ("" if line.endswith("\n") else "  (no newline at the end)")
    shown = shown.replace("\r", "\\r")
    return "  " + (shown if len(shown) <= _LINE_WIDTH else f"{shown[:_LINE_WIDTH]}...")


def _step(key: object) -> str:
    is_plain = isinstance(key, str) and key.isidentifier()
    return f".{key}" if is_plain else f"[{key!r}]"


def _show(value: object) -> str:
    if isinstance(value, str | bytes) and len(value) > _VALUE_WIDTH:
        return f"{value[:_VALUE_WIDTH]!r}... ({len(value):,} long)"
    text = repr(value) if isinstance(value, str | bytes) else _SHORT.repr(value)
    return text if len(text) <= _VALUE_WIDTH else f"{text[:_VALUE_WIDTH]}..."
