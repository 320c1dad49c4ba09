"""What does an authored expectation hold once its files, its variables and its escapes are read?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from holdfast.cases.document import Fault, Place
from holdfast.cases.read import read_plain
from holdfast.errors import ProblemsError
from holdfast.text.templates import Resolver, escape_whole, expand, names_in

__all__ = ["fill_expectation", "inline_schemas", "may_name_schemas", "names_of_run"]

# What stands below these is data, whatever it looks like.
_DATA = frozenset({"equals", "one_of", "contains", "contains_any", "contains_all", "python"})
_HINT = "a path is relative to the case file"


def may_name_schemas(raw: Any) -> bool:
    """Tell whether an expectation is large enough to name a schema's file; most are one scalar."""
    return isinstance(raw, dict) and any(
        isinstance(item, (dict, list)) for item in cast("dict[str, Any]", raw).values()
    )


def inline_schemas(
    raw: Any, base: Path, place: Place, faults: list[Fault], *, escaped: bool = False
) -> tuple[Any, list[str]]:
    """Put the content of each `json_schema: {file: PATH}` in its place; return also the paths.

    No text of a file is a template: it is `escaped` where templates are filled in later.
    What cannot be read is added to `faults`. What names no file stays the very same object.
    """
    files: list[str] = []

    def walk(value: Any, at: Place) -> Any:
        if isinstance(value, list):
            items = cast("list[Any]", value)
            new = [walk(item, (*at, index)) for index, item in enumerate(items)]
            return new if any(a is not b for a, b in zip(new, items, strict=True)) else items
        if not isinstance(value, dict):
            return value
        old = cast("dict[str, Any]", value)
        filled = {key: inside(key, item, (*at, key)) for key, item in old.items()}
        return filled if any(filled[key] is not old[key] for key in old) else old

    def inside(key: str, item: Any, at: Place) -> Any:
        if key != "json_schema":
            return item if key in _DATA else walk(item, at)
        if not isinstance(item, dict) or set(cast("Any", item)) != {"file"}:
            return cast("Any", item)
        path = cast("dict[str, Any]", item)["file"]
        at = (*at, "file")
        if not isinstance(path, str) or not path:
            faults.append(Fault(at, f"a schema's file must be a path, got {path!r}", _HINT))
            return cast("Any", item)
        files.append(path)
        try:
            content = read_plain(base / path)
            return escape_whole(content) if escaped else content
        except (ProblemsError, OSError, ValueError) as error:
            reason = error.problems[0] if isinstance(error, ProblemsError) else error
            message = f"a schema's file must be one that can be read, got {path!r}: {reason}"
            faults.append(Fault(at, message, _HINT))
            return cast("Any", item)

    return walk(raw, place), files


def names_of_run(raw: Any) -> list[str]:
    """Return the templates of a case's expectation that only a run could fill in."""
    found = names_in(raw, whole_only=True)
    return sorted(each.text for each in found if each.kind == "name")


def fill_expectation(raw: Any, base: Path, env: Mapping[str, str]) -> Any:
    """Fill in variables and files, and unescape `{{name}}`; what holds none stays the same object.

    Raises:
        HoldfastError: a variable is not set.
        OSError: a file cannot be read.
    """
    resolver = Resolver(
        env=env,
        read_file=lambda path: (base / path).read_text(encoding="utf-8"),
        parse_file=lambda path: read_plain(base / path),
    )
    return expand(raw, resolver, whole_only=True)
