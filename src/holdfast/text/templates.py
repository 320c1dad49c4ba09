"""What does a case's text become once its templates are filled in?

    {name(.name)*}   a saved value, a service's address; digits index a list
    {env.NAME}       an environment variable
    {file:PATH}      the text of a file; alone in its string, JSON and YAML are parsed

Every other brace is literal, so JSON bodies and regular expressions need no care. `{{`
writes a brace and turns the next free `}}` into one too: `{{name}}` becomes `{name}`. A
`}}` without a `{{` before it stays as it is, as at the end of `{"a": {"b": 1}}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal, cast

from msgspec import Struct

from holdfast.errors import MissingName
from holdfast.text.suggest import did_you_mean

__all__ = [
    "Reference",
    "Resolver",
    "escape",
    "escape_whole",
    "expand",
    "names_in",
    "reference_of",
    "unescape_whole",
]

_STEP = r"[A-Za-z0-9_][A-Za-z0-9_-]*"
_TEMPLATE = rf"\{{(?:file:(?P<file>[^{{}}\n]+)|(?P<name>[A-Za-z_][A-Za-z0-9_-]*(?:\.{_STEP})*))\}}"
_WHOLE = re.compile(_TEMPLATE)
_TOKEN = re.compile(rf"(?P<open>\{{\{{)|(?P<close>\}}\}})|{_TEMPLATE}")
# One template in braces of its own, which stand for one pair less.
_ESCAPED = re.compile(rf"(?P<before>\{{+){_TEMPLATE}(?P<after>\}}+)")
_PARSED = (".json", ".yaml", ".yml")
# As in a message of STYLE.md: a list is cut at five.
_SHOWN = 5


class Reference(Struct, frozen=True, kw_only=True):
    """What one template asks for: `text` is the dotted name, the variable or the path."""

    kind: Literal["name", "env", "file"]
    text: str

    @property
    def first(self) -> str:
        """The part of a dotted name that must be saved or given."""
        return self.text.partition(".")[0]


def _no_file(path: str) -> object:
    raise MissingName(f"a template must not read a file here, got {{file:{path}}}")


class Resolver(Struct, frozen=True, kw_only=True):
    """Where templates get their values from; this module itself touches no file.

    `parse_file` is called for `{file:x.json}`, `.yaml` and `.yml` alone in a string, and
    `read_file`, which answers with text, for every other one.
    """

    names: Mapping[str, object] = {}
    env: Mapping[str, str] = {}
    read_file: Callable[[str], object] = _no_file
    parse_file: Callable[[str], object] = _no_file


def expand(value: object, resolver: Resolver, *, whole_only: bool = False) -> object:
    """Fill in the templates of a string, or of all strings in dicts and lists.

    A string that is one template keeps the type of its value; inside a longer string a
    value that is not text is written as JSON. Keys of dicts are left alone. What holds no
    template is returned as the same object, and values are shared, not copied. With
    `whole_only`, as in expectations, only a string that is one template is filled in.

    Raises: MissingName, with the nearest name that exists.

    >>> expand({"url": "/items/{id}", "n": "{id}"}, Resolver(names={"id": 7}))
    {'url': '/items/7', 'n': 7}
    """
    if isinstance(value, str):
        if "{" not in value:
            return value
        return _expand_whole(value, resolver) if whole_only else _expand_text(value, resolver)
    if isinstance(value, dict):
        old = cast("dict[object, object]", value)
        new = {key: expand(item, resolver, whole_only=whole_only) for key, item in old.items()}
        return old if _all_same(old.values(), new.values()) else new
    if isinstance(value, list):
        items = cast("list[object]", value)
        filled = [expand(item, resolver, whole_only=whole_only) for item in items]
        return items if _all_same(items, filled) else filled
    return value


def names_in(value: object, *, whole_only: bool = False) -> frozenset[Reference]:
    """Collect what `expand` would look up, for the checks before anything runs.

    >>> sorted(reference.text for reference in names_in("{base}/items/{order.id}"))
    ['base', 'order.id']
    """
    if whole_only:
        found = (reference_of(text) for text in _strings(value))
        return frozenset(reference for reference in found if reference is not None)
    return frozenset(reference for text in _strings(value) for reference in _references(text))


def reference_of(text: str) -> Reference | None:
    """Tell what a string that is exactly one template refers to; else None."""
    match = _WHOLE.fullmatch(text)
    return _reference(match) if match else None


def escape(text: str) -> str:
    """Write `text` so that `expand` gives it back unchanged.

    >>> escape("{name}")
    '{{name}}'
    """
    pieces: list[str] = []
    opened = 0
    for char in text:
        if char == "{":
            opened += 1
        elif char != "}" or not opened:
            pieces.append(char)
            continue
        else:
            opened -= 1
        pieces.append(char * 2)
    return "".join(pieces)


def escape_whole(value: object) -> object:
    """Write plain data so that `expand` with `whole_only` gives it back unchanged.

    >>> escape_whole(["{name}", "{{name}}", "a {name}"])
    ['{{name}}', '{{{name}}}', 'a {name}']
    """
    if isinstance(value, str):
        return f"{{{value}}}" if reference_of(value) or unescape_whole(value) != value else value
    if isinstance(value, dict):
        old = cast("dict[object, object]", value)
        return {key: escape_whole(item) for key, item in old.items()}
    if isinstance(value, list):
        return [escape_whole(item) for item in cast("list[object]", value)]
    return value


def unescape_whole(text: str) -> str:
    """Take one pair of braces from a string that is one template in braces; else return it as it is.

    >>> unescape_whole("{{name}}"), unescape_whole("{name}")
    ('{name}', '{name}')
    """
    match = _ESCAPED.fullmatch(text)
    return text[1:-1] if match and len(match["before"]) == len(match["after"]) else text


def _all_same(old: Iterable[object], new: Iterable[object]) -> bool:
    return all(before is after for before, after in zip(old, new, strict=True))


def _expand_whole(text: str, resolver: Resolver) -> object:
    whole = _WHOLE.fullmatch(text)
    if whole:
        return _value(_reference(whole), resolver, typed=True)
    return unescape_whole(text)


def _expand_text(text: str, resolver: Resolver) -> object:
    whole = _WHOLE.fullmatch(text)
    if whole:
        return _value(_reference(whole), resolver, typed=True)
    opened = 0

    def fill(match: re.Match[str]) -> str:
        nonlocal opened
        if match["open"]:
            opened += 1
            return "{"
        if match["close"]:
            closes = opened > 0
            opened -= closes
            return "}" if closes else "}}"
        return _as_text(_value(_reference(match), resolver, typed=False))

    new = _TOKEN.sub(fill, text)
    return text if new == text else new


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if "{" in value:
            yield value
    elif isinstance(value, dict):
        for item in cast("dict[object, object]", value).values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _strings(item)


def _references(text: str) -> Iterator[Reference]:
    whole = reference_of(text)
    if whole is not None:
        yield whole
        return
    for match in _TOKEN.finditer(text):
        if not (match["open"] or match["close"]):
            yield _reference(match)


def _reference(match: re.Match[str]) -> Reference:
    if match["file"]:
        return Reference(kind="file", text=match["file"].strip())
    name = match["name"]
    if name.startswith("env."):
        return Reference(kind="env", text=name.removeprefix("env."))
    return Reference(kind="name", text=name)


def _value(reference: Reference, resolver: Resolver, *, typed: bool) -> object:
    if reference.kind == "file":
        is_parsed = typed and reference.text.lower().endswith(_PARSED)
        return (resolver.parse_file if is_parsed else resolver.read_file)(reference.text)
    if reference.kind == "env":
        if reference.text not in resolver.env:
            hint = did_you_mean(reference.text, resolver.env)
            raise MissingName(
                f"environment variable {reference.text!r} must be set, got nothing{hint}"
            )
        return resolver.env[reference.text]
    return _walk(reference.text, resolver.names)


def _walk(name: str, names: Mapping[str, object]) -> object:
    value: object = names
    for step in name.split("."):
        value = _part(name, step, value)
    return value


def _part(name: str, step: str, value: object) -> object:
    if isinstance(value, Mapping):
        parts = cast("Mapping[str, object]", value)  # pyright: ignore[reportUnnecessaryCast]
        if step not in parts:
            raise _missing(name, step, list(parts))
        return parts[step]
    if isinstance(value, list):
        items = cast("list[object]", value)
        # Nine digits: beyond every list, and short enough for int().
        if not step.isdigit() or len(step) > 9 or int(step) >= len(items):
            raise _missing(name, step, range(len(items)))
        return items[int(step)]
    raise MissingName(
        f"a template must name a part of a dict or list, got {step!r} of a value of type "
        f"{type(value).__name__} (in {{{name}}})"
    )


def _missing(name: str, step: str, present: Sequence[object]) -> MissingName:
    where = "" if step == name else f" (in {{{name}}})"
    if isinstance(present, range):
        return MissingName(
            f"a template must name one of {len(present)} items by number, got {step!r}{where}"
        )
    valid = sorted(map(str, present))
    known = ", ".join(valid[:_SHOWN]) + (", ..." if len(valid) > _SHOWN else "")
    hint = did_you_mean(step, valid)
    return MissingName(f"a template must name one of [{known}], got {step!r}{where}{hint}")


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return json.dumps(value, ensure_ascii=False, default=str)
