"""What is wrong with authored data? Everything at once, said in the author's words.

The good path is one `msgspec.convert`. Only where that refuses, the same forms are
walked with `msgspec.inspect`, so that there is one definition of what is allowed.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any, TypeVar, cast

import msgspec
from msgspec import inspect

from holdfast.cases.document import Fault, Place
from holdfast.text.suggest import did_you_mean
from holdfast.text.templates import reference_of

__all__ = ["convert", "explain", "shown"]

Form = TypeVar("Form", bound=msgspec.Struct)

_SCALARS: tuple[tuple[Any, str, tuple[type, ...]], ...] = (
    (inspect.StrType, "a string", (str,)),
    (inspect.BoolType, "true or false", (bool,)),
    (inspect.IntType, "a whole number", (int,)),
    (inspect.FloatType, "a number", (int, float)),
    (inspect.NoneType, "null", (type(None),)),
)


def convert(raw: Any, form: type[Form], place: Place, faults: list[Fault]) -> Form | None:
    """Turn plain data into its form; what is wrong with it is added to `faults`.

    What is left after the faulty keys are dropped is still returned where possible, so
    that its other problems are found too; the caller must look at `faults` in the end.
    """
    try:
        return msgspec.convert(raw, form)
    except msgspec.ValidationError as error:
        found = list(explain(raw, form, place))
        if not found:
            found = _as_said(error, raw, place)
        faults.extend(found)
        rest = _without(raw, found, len(place))
        return _convert_rest(rest, form)


def explain(raw: Any, form: Any, place: Place = (), *, templates: bool = False) -> Iterator[Fault]:
    """Tell every place where plain data differs from a form.

    With `templates`, a string that is one template may stand for any value.
    """
    yield from _Walk(templates=templates).check(raw, _type_of(form), place, "")


def shown(value: Any) -> str:
    """Show a value in a message, cut to what a reader can use.

    >>> shown({"a": 1})
    '{"a": 1}'
    """
    text = (
        repr(value)
        if isinstance(value, str)
        else json.dumps(value, default=repr, ensure_ascii=False)
    )
    return text if len(text) <= 60 else f"{text[:57]}..."


@functools.lru_cache(maxsize=256)
def _type_of(form: Any) -> inspect.Type:
    return inspect.type_info(form)


class _Walk:
    def __init__(self, *, templates: bool) -> None:
        self.templates = templates

    def check(self, raw: Any, kind: inspect.Type, place: Place, what: str) -> Iterator[Fault]:
        if isinstance(kind, inspect.Metadata):
            kind = kind.type
        if isinstance(kind, inspect.AnyType) or self._is_template(raw):
            return
        if isinstance(kind, inspect.UnionType):
            yield from self._union(raw, kind, place, what)
        elif isinstance(kind, inspect.StructType):
            yield from self._struct(raw, kind, place, what)
        elif isinstance(kind, inspect.DictType) and isinstance(raw, dict):
            for key, item in cast("dict[str, Any]", raw).items():
                yield from self.check(item, kind.value_type, (*place, key), key)
        elif isinstance(kind, _LISTS) and isinstance(raw, (list, tuple)):
            yield from self._list(cast("list[Any]", raw), kind, place, what)
        elif not _fits(raw, kind):
            message = f"{_subject(place, what)} must be {_wanted(kind)}, got {shown(raw)}"
            yield Fault(place, message + _offer(raw, kind), _cure(raw, kind))

    def _is_template(self, raw: Any) -> bool:
        return self.templates and isinstance(raw, str) and reference_of(raw) is not None

    def _union(self, raw: Any, kind: inspect.UnionType, place: Place, what: str) -> Iterator[Fault]:
        if any(_fits(raw, each) for each in kind.types):
            return
        fitting = [each for each in kind.types if _has_shape_of(raw, each)]
        if fitting:
            yield from self.check(raw, fitting[0], place, what)
            return
        solid = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
        if len(solid) == 1:
            yield from self.check(raw, solid[0], place, what)
            return
        wanted = [_wanted(each) for each in solid]
        yield Fault(place, f"{_subject(place, what)} must be {_either(wanted)}, got {shown(raw)}")

    def _list(self, raw: list[Any], kind: Any, place: Place, what: str) -> Iterator[Fault]:
        if isinstance(kind, inspect.TupleType):
            if len(raw) != len(kind.item_types):
                message = f"{_subject(place, what)} must have {len(kind.item_types)} items, got {len(raw)}"
                yield Fault(place, message)
                return
            kinds = list(kind.item_types)
        else:
            kinds = [kind.item_type] * len(raw)
        for index, (item, each) in enumerate(zip(raw, kinds, strict=True)):
            yield from self.check(
                item, each, (*place, index), f"an item of {what!r}" if what else ""
            )

    def _struct(
        self, raw: Any, kind: inspect.StructType, place: Place, what: str
    ) -> Iterator[Fault]:
        if not isinstance(raw, dict):
            yield Fault(place, f"{_subject(place, what)} must be an object, got {shown(raw)}")
            return
        items = cast("dict[str, Any]", raw)
        fields = {field.encode_name: field for field in kind.fields}
        for key, item in items.items():
            if key in fields:
                yield from self.check(item, fields[key].type, (*place, key), key)
            elif kind.forbid_unknown_fields:
                offer = did_you_mean(str(key), fields)
                hint = "" if offer else f"known: {', '.join(sorted(fields))}"
                yield Fault((*place, key), f"no such key {key!r}{offer}", hint)
        for name, field in fields.items():
            if field.required and name not in items:
                yield Fault(place, f"{_subject(place, what)} must have the key {name!r}")


_LISTS = (inspect.ListType, inspect.VarTupleType, inspect.TupleType, inspect.SetType)


def _fits(raw: Any, kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.AnyType):
        return True
    if isinstance(kind, inspect.LiteralType):
        return raw in kind.values and not isinstance(raw, bool)
    for each, _, types in _SCALARS:
        if isinstance(kind, each):
            return isinstance(raw, types) and (not isinstance(raw, bool) or bool in types)
    return False


def _has_shape_of(raw: Any, kind: inspect.Type) -> bool:
    if isinstance(raw, dict):
        return isinstance(kind, (inspect.StructType, inspect.DictType))
    return isinstance(raw, (list, tuple)) and isinstance(kind, _LISTS)


def _wanted(kind: inspect.Type) -> str:
    for each, name, _ in _SCALARS:
        if isinstance(kind, each):
            return name
    if isinstance(kind, inspect.LiteralType):
        return f"one of {', '.join(map(str, kind.values))}"
    if isinstance(kind, (inspect.StructType, inspect.DictType)):
        return "an object"
    return "a list" if isinstance(kind, _LISTS) else "another value"


def _either(wanted: list[str]) -> str:
    # An int is a number for the author, whatever the form tells apart.
    names = [
        name
        for name in dict.fromkeys(wanted)
        if name != "a whole number" or "a number" not in wanted
    ]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _offer(raw: Any, kind: inspect.Type) -> str:
    if isinstance(kind, inspect.LiteralType) and isinstance(raw, str):
        return did_you_mean(raw, map(str, kind.values))
    return ""


def _cure(raw: Any, kind: inspect.Type) -> str:
    if isinstance(kind, inspect.StrType) and isinstance(raw, (int, float)):
        return f'write it in quotes: "{str(raw).lower() if isinstance(raw, bool) else raw}"'
    if isinstance(kind, _LISTS) and isinstance(raw, str):
        return f"write a list: [{raw}]"
    return ""


def _subject(place: Place, what: str) -> str:
    if what:
        return what if what.startswith("an item") else repr(what)
    last = place[-1] if place else ""
    return (
        _NOUNS.get(str(place[-2]), "an item")
        if isinstance(last, int) and len(place) > 1
        else repr(last or "file")
    )


_NOUNS = {
    "cases": "a case",
    "steps": "a step",
    "teardown": "a step",
    "before": "a step",
    "before_each": "a step",
    "after_each": "a step",
    "after_all": "a step",
}


def _as_said(error: msgspec.ValidationError, raw: Any, place: Place) -> list[Fault]:
    """Phrase a refusal that comes from a form's own check."""
    message, _, path = str(error).partition(" - at `$")
    inner: list[str | int] = []
    for step in path.rstrip("`").replace("[", ".[").split("."):
        if step.startswith("[") and step[1:-1].isdigit():
            inner.append(int(step[1:-1]))
        elif step and isinstance(raw, dict):
            inner.append(step)
    return [Fault((*place, *inner), message[:1].lower() + message[1:])]


def _without(raw: Any, faults: list[Fault], depth: int) -> Any:
    """Drop the top-level keys in which a fault lies."""
    if not isinstance(raw, dict):
        return None
    bad = {fault.place[depth] for fault in faults if len(fault.place) > depth}
    return {key: item for key, item in cast("dict[str, Any]", raw).items() if key not in bad}


def _convert_rest(rest: Any, form: type[Form]) -> Form | None:
    try:
        return None if rest is None else msgspec.convert(rest, form)
    except msgspec.ValidationError:
        return None
