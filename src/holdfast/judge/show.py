"""How is a value shown to a reader: inside a sentence, and beside a finding?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from holdfast.judge.value import find_unknown, is_dict, is_list, open_value, unknown
from holdfast.model.codec import encode_json

__all__ = ["brief", "brief_text", "json_text", "quoted", "shown", "shown_list"]

# What a reader can use; the whole value is in the evidence.
MAX_SHOWN = 2_000
MAX_INLINE = 80
_SCALARS = frozenset({bool, int, float, type(None)})
_NAMES = {None: "null", True: "true", False: "false"}


def shown(value: object) -> str:
    """Show a value inside a sentence, in at most about 80 characters."""
    kind = type(value)
    if kind is int or kind is float:
        return str(value)
    opened = open_value(value)
    if opened is None or opened is True or opened is False:
        return _NAMES[opened]
    if isinstance(opened, str):
        return quoted(opened)
    if is_list(opened) or is_dict(opened):
        return unknown(opened) or _shown_container(opened)
    text = str(opened)
    return text if len(text) <= MAX_INLINE else f"{text[:MAX_INLINE]}..."


def quoted(text: str) -> str:
    """Show a text in quotes; a long one is cut and says how long it is."""
    if len(text) <= MAX_INLINE:
        return repr(text)
    return f"{text[:MAX_INLINE]!r}... ({len(text):,} characters)"


def shown_list(values: Sequence[Any]) -> str:
    """Show the first five of a list of values inside a sentence."""
    more = f", ... ({len(values):,} in all)" if len(values) > 5 else ""
    return f"[{', '.join(map(shown, values[:5]))}{more}]"


def brief(value: Any) -> Any:
    """Return a value for a finding, cut to a readable size; what was cut says so."""
    if type(value) in _SCALARS:
        return value
    text = value if isinstance(value, str) else json_text(value)
    if len(text) <= MAX_SHOWN:
        return value
    return brief_text(text)


def brief_text(text: str) -> str:
    """Return a text cut to a readable size; what was cut says so."""
    if len(text) <= MAX_SHOWN:
        return text
    return f"{text[: MAX_SHOWN - 60]}... (cut; {len(text):,} characters in all)"


def json_text(value: Any) -> str:
    """Return a value as JSON text."""
    return encode_json(value).decode()


def _shown_container(value: list[Any] | dict[str, Any]) -> str:
    # Only what is small is written out: showing must not cost more than judging.
    if len(value) <= 8 and not find_unknown(value) and _is_small(value):
        text = json_text(value)
        if len(text) <= MAX_INLINE:
            return text
    size = f"{len(value):,}"
    if isinstance(value, list):
        return f"an array of {size} {'item' if size == '1' else 'items'}"
    return f"an object with {size} {'key' if size == '1' else 'keys'}"


def _is_small(value: Any, depth: int = 0) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_INLINE
    if is_dict(value):
        return (
            depth < 3
            and len(value) <= 8
            and all(_is_small(item, depth + 1) for item in value.values())
        )
    return not is_list(value) or (
        depth < 3 and len(value) <= 8 and all(_is_small(item, depth + 1) for item in value)
    )
