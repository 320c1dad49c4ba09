"""Which plain data does YAML 1.2 hold, and where does each key stand?

libyaml reads YAML 1.1; its nodes are resolved here by the core schema of YAML 1.2
(https://yaml.org/spec/1.2.2/#103-core-schema): `no`, `on` and `12:30` stay strings,
`010` is ten. The merge key `<<`, which 1.2 dropped, is still understood.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, ClassVar, cast

import yaml

from holdfast.cases.document import Fault, Place, RawCase, Source, broken
from holdfast.errors import Problem, ProblemsError

__all__ = ["YamlDocument", "compose", "decode_yaml", "marks_of"]

_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"
_CORE = (
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("merge", r"<<", "<"),
)
# Aliases of aliases can stand for more values than memory holds ("billion laughs").
_MOST_VALUES = 5_000_000
_DEEPEST = 200
# 1.10 is read as 1.1: likely a version, unless it is a share such as 0.50.
_LOST_ZERO = re.compile(r"[1-9]\d*\.\d*[1-9]?0")


class _Loader(yaml.CSafeLoader):
    """Composes nodes; scalars are resolved by the core schema."""

    yaml_implicit_resolvers: ClassVar[Any] = {}


for _name, _pattern, _first in _CORE:
    _compiled = re.compile(rf"(?:{_pattern})\Z")
    for _char in _first:
        _key = "" if _char == "\0" else _char
        _Loader.yaml_implicit_resolvers.setdefault(_key, []).append((_TAG + _name, _compiled))


class YamlDocument:
    """A YAML file whose cases are made one by one from its nodes.

    Raises:
        ProblemsError: the text is no YAML.
    """

    def __init__(self, source: Source) -> None:
        self.head: dict[str, Any] = {}
        self.late: dict[str, Any] = {}
        self.notes: list[tuple[int, str]] = []
        self.faults: list[Fault] = []
        self.has_cases = False
        self._plain = _Plain(self.faults, self.notes)
        self._cases: list[Any] = []
        node = compose(source)
        if isinstance(node, yaml.SequenceNode):
            self._take(node)
        elif isinstance(node, yaml.MappingNode):
            for key, value in self._plain.pairs(node, ()):
                if key == "cases" and isinstance(value, yaml.SequenceNode):
                    self._take(value)
                else:
                    self.head[key] = self._plain.value(value, (key,))
        else:
            got = "an empty file" if node is None else "a single value"
            message = f"a case file must be an object or a list, got {got}"
            hint = "write `cases:` and a list below it"
            raise ProblemsError([Problem(source.path, 1, 1, message, hint)])

    @property
    def has_repeats(self) -> bool:
        """Whether some object has a key twice."""
        return self._plain.has_repeats

    def cases(self) -> Iterator[RawCase]:
        """Give every element of `cases` with its line; each call starts anew."""
        for index, node in enumerate(self._cases):
            yield self._plain.value(node, ("cases", index)), node.start_mark.line + 1

    def _take(self, node: Any) -> None:
        self.has_cases = True
        self._cases = node.value


def decode_yaml(source: Source) -> Any:
    """Decode a whole text that is no case file.

    Raises:
        ProblemsError: it is no YAML, or holds what no plain data can.
    """
    faults: list[Fault] = []
    node = compose(source)
    value = None if node is None else _Plain(faults, []).value(node, ())
    if faults:
        problems = [Problem(source.path, each.line, each.column, each.message) for each in faults]
        raise ProblemsError(problems)
    return value


def compose(source: Source) -> Any:
    """Return the top node of a text, None for an empty one.

    Raises:
        ProblemsError: it is no YAML, or its aliases stand for too much.
    """
    loader = _Loader(source.text)
    try:
        node = loader.get_single_node()
        _check_size(node, {}, 0)
    except yaml.MarkedYAMLError as error:
        raise ProblemsError([_problem(source, error)]) from None
    except yaml.reader.ReaderError as error:
        char = chr(error.character) if isinstance(error.character, int) else ""
        message = f"the text must be YAML: {error.reason}, got {char!r}"
        raise broken(source, message, offset=max(source.text.find(char), 0)) from None
    except RecursionError:
        message = "values must not be nested this deeply"
        raise ProblemsError([Problem(source.path, 0, 0, message)]) from None
    finally:
        loader.dispose()
    return node


def marks_of(node: Any) -> tuple[dict[Place, tuple[int, int]], list[tuple[Place, tuple[int, int]]]]:
    """Return where each key and each element starts, and the repeated keys."""
    marks: dict[Place, tuple[int, int]] = {}
    repeats: list[tuple[Place, tuple[int, int]]] = []
    _mark(node, (), marks, repeats)
    return marks, repeats


class _Plain:
    """Turns nodes into plain data; what plain data cannot hold is a fault."""

    def __init__(self, faults: list[Fault], notes: list[tuple[int, str]]) -> None:
        self.faults = faults
        self.notes = notes
        self.has_repeats = False

    def value(self, node: Any, place: Place) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, place)
        if node.tag not in {f"{_TAG}map", f"{_TAG}seq"}:
            self.fault(node, place, f"no such tag {node.tag!r}")
        if isinstance(node, yaml.SequenceNode):
            items = cast("list[Any]", node.value)
            return [self.value(item, (*place, index)) for index, item in enumerate(items)]
        return {key: self.value(item, (*place, key)) for key, item in self.pairs(node, place)}

    def pairs(self, node: Any, place: Place) -> list[tuple[str, Any]]:
        """Return keys with their nodes; those of a merge come in where the key is not set."""
        found: dict[str, Any] = {}
        merged: list[Any] = []
        for key_node, item in node.value:
            if key_node.tag == _MERGE:
                merged += item.value if isinstance(item, yaml.SequenceNode) else [item]
                continue
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != f"{_TAG}str":
                self.fault(key_node, place, "a key must be a string, got another value", "quote it")
                continue
            self.has_repeats |= key_node.value in found
            found[key_node.value] = item
        for each in merged:
            if not isinstance(each, yaml.MappingNode):
                self.fault(each, place, "'<<' must merge an object or a list of objects")
                continue
            for key, item in self.pairs(each, place):
                found.setdefault(key, item)
        return list(found.items())

    def scalar(self, node: Any, place: Place) -> Any:
        text: str = node.value
        match node.tag.removeprefix(_TAG):
            case "str" | "merge":
                return text
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return self.whole(node, place)
            case "float":
                number = float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
                if not math.isfinite(number):
                    self.fault(node, place, f"a number must be finite, got {text}")
                if _LOST_ZERO.fullmatch(text) and not text.endswith(".0"):
                    note = f"{text} is read as the number {number}; quote it to keep the text"
                    self.notes.append((node.start_mark.line + 1, note))
                return number
            case _:
                self.fault(node, place, f"no such tag {node.tag.replace(_TAG, '!!')!r}")
                return text

    def whole(self, node: Any, place: Place) -> int:
        text: str = node.value
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        # Beyond 60 digits it does not fit, and int() may refuse it.
        number = 2**64 if len(text) > 60 else int(text if base == 10 else text[2:], base)
        if not -(2**63) <= number < 2**64:
            hint = "quote it to keep it as text"
            self.fault(node, place, f"a number must fit 64 bits, got {text[:30]}", hint)
        return number

    def fault(self, node: Any, place: Place, message: str, hint: str = "") -> None:
        mark = node.start_mark
        self.faults.append(Fault(place, message, hint, mark.line + 1, mark.column + 1))


def _mark(
    node: Any,
    place: Place,
    marks: dict[Place, tuple[int, int]],
    repeats: list[tuple[Place, tuple[int, int]]],
) -> None:
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(cast("list[Any]", node.value)):
            marks.setdefault((*place, index), _at(item))
            _mark(item, (*place, index), marks, repeats)
    elif isinstance(node, yaml.MappingNode):
        own: set[str] = set()
        merged: list[Any] = []
        for key, item in cast("list[tuple[Any, Any]]", node.value):
            if key.tag == _MERGE:
                merged += item.value if isinstance(item, yaml.SequenceNode) else [item]
                continue
            inner = (*place, str(key.value))
            if inner[-1] in own:
                repeats.append((inner, _at(key)))
                continue
            own.add(inner[-1])
            marks.setdefault(inner, _at(key))
            _mark(item, inner, marks, repeats)
        for each in merged:
            _mark(each, place, marks, repeats)


def _at(node: Any) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _check_size(node: Any, sizes: dict[int, int], depth: int) -> int:
    """Count the values that a node stands for, aliases followed.

    Raises:
        yaml.MarkedYAMLError: it holds itself, is nested too deeply, or stands for too many.
    """
    if not isinstance(node, yaml.CollectionNode):
        return 1
    known = sizes.get(id(node))
    if known == 0:
        raise yaml.MarkedYAMLError(
            problem="a value must not hold itself", problem_mark=node.start_mark
        )
    if known is not None:
        return known
    if depth > _DEEPEST:
        raise yaml.MarkedYAMLError(
            problem="values must not be nested this deeply", problem_mark=node.start_mark
        )
    sizes[id(node)] = 0
    total = 1
    for item in cast("list[Any]", node.value):
        pair = cast("tuple[Any, ...]", item) if isinstance(item, tuple) else (item,)
        for each in pair:
            total += _check_size(each, sizes, depth + 1)
    if total > _MOST_VALUES:
        raise yaml.MarkedYAMLError(
            problem=f"aliases must not stand for more than {_MOST_VALUES:,} values",
            problem_mark=node.start_mark,
        )
    sizes[id(node)] = total
    return total


def _problem(source: Source, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    said = error.problem or error.context or "it cannot be read"
    hint = "indent with spaces" if _is_tab(source, line, column) else ""
    if "expected a single document" in (error.context or ""):
        said, hint = "it has a second document", "put all cases into one list"
    return Problem(source.path, line, column, f"the text must be YAML: {said}", hint)


def _is_tab(source: Source, line: int, column: int) -> bool:
    lines = source.text.splitlines()
    return 0 < line <= len(lines) and lines[line - 1][column - 1 : column] == "\t"
